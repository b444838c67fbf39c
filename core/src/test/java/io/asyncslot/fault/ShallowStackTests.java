package io.asyncslot.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Operations at the end of a stack, each in a process in which it is the first: no key is dead afterwards. */
class ShallowStackTests {

    @ParameterizedTest
    @CsvSource({
        "start,",
        "start-due, inline",
        "rearm,",
        "earlier,",
        "touch,",
        "cancel,",
        "delete,",
        "submit, inline",
    })
    void operation_atTheEndOfTheStack_losesNoKey(String operation, String executor) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                ShallowStack.class.getName(),
                operation));
        if (executor != null) {
            command.add(executor);
        }
        assertThat(run(command)).contains("all fired: true").endsWith("ended with 0");
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return text + "ended with " + process.exitValue();
    }
}
