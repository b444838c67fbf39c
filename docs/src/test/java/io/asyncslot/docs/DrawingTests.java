package io.asyncslot.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Drawings are seen on a bright page and on a dark one, and each one stands in a page. */
class DrawingTests {

    static Stream<Path> drawings() throws Exception {
        try (Stream<Path> files = Files.walk(Path.of("."))) {
            List<Path> drawings = files.map(Path::normalize)
                    .filter(path -> path.toString().endsWith(".svg"))
                    .filter(path -> !path.startsWith("target"))
                    .toList();
            return drawings.stream();
        }
    }

    @ParameterizedTest
    @MethodSource("drawings")
    void drawing_followsTheTheme(Path drawing) throws Exception {
        String text = Files.readString(drawing);
        assertThat(text).contains("@media (prefers-color-scheme: dark)").contains("role=\"img\"");
        // A rectangle of a fixed bright colour below everything is a white card at night.
        assertThat(text).doesNotContainPattern("fill=\"(?:#fff|#ffffff|white)\"");
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(drawing.toFile());
    }

    @Test
    void eachDrawing_standsInAPage() throws Exception {
        StringBuilder pages = new StringBuilder();
        for (Path page : Pages.all()) {
            pages.append(Pages.read(page));
        }
        assertThat(drawings())
                .isNotEmpty()
                .allSatisfy(drawing -> assertThat(pages).contains(drawing.getFileName() + ")"));
    }
}
