package io.asyncslot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The figures of docs/architecture.md can be had, and the largest circle of files does not grow. */
class StructureTests {

    /** The control block with its details, its map and its queues. To be lowered, not raised. */
    private static final int LARGEST_CYCLE = 11;

    @TempDir
    private Path directory;

    @Test
    void core_hasNoPackageCycle_andNoLargerCycleOfFiles() throws Exception {
        Path classes = Path.of(AsyncSlotRegistry.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        Structure core = Structure.of(List.of(classes.toString()));
        assertThat(core.packageCycles()).isEmpty();
        assertThat(core.cycles())
                .isNotEmpty()
                .allSatisfy(cycle -> assertThat(cycle)
                        .as("a circle of files, see docs/architecture.md; let one of them know less of the others")
                        .hasSizeLessThanOrEqualTo(LARGEST_CYCLE));
        assertThat(core.table()).contains("| `io.asyncslot.core` | ", "package cycles: 0");
    }

    @Test
    void cycles_ofFilesAndPackages_areFound() {
        compile(Map.of(
                "io/asyncslot/a/One", "package io.asyncslot.a; public class One { static class Nested { Two two; } }",
                "io/asyncslot/a/Two", "package io.asyncslot.a; public class Two { Three three; }",
                "io/asyncslot/a/Three", "package io.asyncslot.a; public class Three { void m() { new One(); } }",
                "io/asyncslot/a/Outside",
                        "package io.asyncslot.a; public class Outside { One one; io.asyncslot.b.Far far; }",
                "io/asyncslot/b/Far", "package io.asyncslot.b; public class Far { io.asyncslot.a.Two two; }"));
        Structure found = Structure.of(List.of(directory.toString()));
        assertThat(found.cycles())
                .containsExactly(Set.of("io.asyncslot.a.One", "io.asyncslot.a.Two", "io.asyncslot.a.Three"));
        assertThat(found.packageCycles()).containsExactly(Set.of("io.asyncslot.a", "io.asyncslot.b"));
        assertThat(found.table()).contains("| `io.asyncslot.a` | 4 | 3 | 3 |", "| `io.asyncslot.b` | 1 | 0 | 0 |");
    }

    private void compile(Map<String, String> sources) {
        List<JavaFileObject> files = new ArrayList<>();
        sources.forEach((name, content) -> files.add(
                new SimpleJavaFileObject(URI.create("string:///" + name + ".java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return content;
                    }
                }));
        assertThat(ToolProvider.getSystemJavaCompiler()
                        .getTask(
                                new StringWriter(),
                                null,
                                null,
                                List.of("-proc:none", "-d", directory.toString()),
                                null,
                                files)
                        .call())
                .isTrue();
    }
}
