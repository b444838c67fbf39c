package io.asyncslot.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page of the gate has each step of {@code .ci/steps}, in the words and in the lane of its file, and what it costs. */
class GateTests {

    private static final Pattern ROW = Pattern.compile(
            "(?m)^\\| `([a-z0-9-]+)` \\| (first|second|alone) \\| ([^|]+) \\| ([0-9,]+|-) \\| [^|]+ \\|$");

    @Test
    void page_hasEachStep() throws Exception {
        List<String> told = new ArrayList<>();
        Matcher rows = ROW.matcher(Pages.read(Path.of("docs/gate.md")));
        while (rows.find()) {
            told.add(rows.group(1) + ", " + rows.group(2) + ": " + rows.group(3));
        }
        List<String> steps = new ArrayList<>();
        try (Stream<Path> files = Files.list(Pages.ROOT.resolve(".ci/steps"))) {
            for (Path file : files.sorted().toList()) {
                List<String> lines = Files.readAllLines(file);
                String lane = switch (lines.get(1)) {
                    case "# Beside." -> "second";
                    case "# Alone." -> "alone";
                    default -> "first";
                };
                steps.add(file.getFileName().toString().replaceFirst("^\\d+-", "") + ", " + lane + ": "
                        + lines.get(0).substring(2));
            }
        }
        assertThat(told).isEqualTo(steps);
    }
}
