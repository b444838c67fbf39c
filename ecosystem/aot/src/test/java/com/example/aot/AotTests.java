package com.example.aot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Starts the jar as its users do, on the Java of this test, with the context prepared ahead of time and without. */
class AotTests {

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void application_doesTheSame_whetherItWasPreparedOrNot(boolean prepared) throws Exception {
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Dspring.aot.enabled=" + prepared,
                        "-jar",
                        System.getProperty("application.jar"))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(90, TimeUnit.SECONDS)).as("its end").isTrue();
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(Files.readAllLines(output))
                .contains(
                        "generated: " + prepared,
                        "farewell: Bob",
                        "over: Ada of room 3",
                        "others: 0",
                        "cleaned: 3");
        assertThat(process.exitValue()).isZero();
    }
}
