package com.example.fatjar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts the jar as its users do, on the Java of this test. */
class FatJarTests {

    private static final Path JAR = Path.of(System.getProperty("application.jar"));

    @TempDir
    Path directory;

    @Test
    void callback_hasTheClassLoaderOfTheApplication_andNothingOfARequest_andEndsTheProcess() throws Exception {
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-jar",
                        JAR.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(90, TimeUnit.SECONDS)).as("its end").isTrue();
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(Files.readAllLines(output))
                .contains("user: null", "loader: LaunchedClassLoader", "class: true", "resource: true");
        assertThat(process.exitValue()).isEqualTo(7);
    }

    @Test
    void starterItself_isNotInTheJar_butWhatItBringsIs() throws IOException {
        try (JarFile jar = new JarFile(JAR.toFile())) {
            List<String> ours = jar.stream()
                    .map(ZipEntry::getName)
                    .filter(name -> name.contains("/asyncslot-"))
                    .map(name -> name.replaceAll(".*/(asyncslot-[a-z-]*[a-z])-[0-9].*", "$1"))
                    .sorted()
                    .toList();
            assertThat(ours).containsExactly("asyncslot-core", "asyncslot-spring-boot-autoconfigure");
        }
    }
}
