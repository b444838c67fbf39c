package io.asyncslot.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What a jar that is passed on must have: the licence, the notice, and which version of what it is. */
class JarTests {

    private static final List<String> PUBLISHED = List.of(
            "asyncslot-cluster",
            "asyncslot-core",
            "asyncslot-dashboard",
            "asyncslot-kernel",
            "asyncslot-spring-boot-autoconfigure",
            "asyncslot-spring-boot-starter",
            "asyncslot-test");

    /** The jars of our modules; none where Maven was told to stop before it has packaged them. */
    private static List<Path> jars() {
        List<Path> jars = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(path -> path.getFileName().toString().matches("asyncslot-.*\\.jar")
                        && !path.getFileName().toString().startsWith("asyncslot-benchmarks"))
                .sorted()
                .toList();
        Assumptions.assumeFalse(jars.isEmpty(), "SKIPPED: the modules were not packaged, see 'mvn verify'");
        return jars;
    }

    @Test
    void eachModuleIsThere() {
        assertThat(jars().stream().map(JarTests::artifact)).containsExactlyInAnyOrderElementsOf(PUBLISHED);
    }

    @Test
    void eachJar_hasLicenceAndNotice_asInTheRepository() throws IOException {
        for (Path path : jars()) {
            try (JarFile jar = new JarFile(path.toFile())) {
                for (String file : List.of("LICENSE", "NOTICE")) {
                    assertThat(text(jar, "META-INF/" + file))
                            .as("%s of %s", file, path.getFileName())
                            .isEqualTo(Files.readString(Path.of("..", file)));
                }
                if (artifact(path).equals("asyncslot-kernel")) {
                    assertThat(text(jar, "META-INF/LICENSE-bpf")).contains("GPL-2.0-only OR BSD-2-Clause");
                }
            }
        }
    }

    @Test
    void eachManifest_saysWhatItIs() throws IOException {
        for (Path path : jars()) {
            try (JarFile jar = new JarFile(path.toFile())) {
                Attributes attributes = jar.getManifest().getMainAttributes();
                assertThat(attributes.getValue("Implementation-Title"))
                        .as("title of %s", path.getFileName())
                        .startsWith("AsyncSlot");
                assertThat(attributes.getValue("Implementation-Version"))
                        .as("version of %s", path.getFileName())
                        .isNotBlank()
                        .isSubstringOf(path.getFileName().toString());
                assertThat(attributes.getValue("Automatic-Module-Name"))
                        .as("module of %s", path.getFileName())
                        .startsWith("io.asyncslot.");
            }
        }
    }

    private static String artifact(Path jar) {
        return jar.getFileName().toString().replaceFirst("-[0-9].*", "");
    }

    private static String text(JarFile jar, String name) throws IOException {
        ZipEntry entry = jar.getEntry(name);
        assertThat(entry).as("%s in %s", name, jar.getName()).isNotNull();
        try (InputStream stream = jar.getInputStream(entry)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
