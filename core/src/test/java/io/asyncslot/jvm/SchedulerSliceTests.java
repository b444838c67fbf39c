package io.asyncslot.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The slice is set where that was allowed and is possible, and the reason is told where not; the console stays clean. */
class SchedulerSliceTests {

    /** Run in a JVM of its own: sets a slice and prints what came of it. */
    static final class Child {

        public static void main(String[] arguments) throws Exception {
            Duration slice = arguments.length == 0 ? null : Duration.parse(arguments[0]);
            FutureTask<Lever> task = new FutureTask<>(() -> SchedulerSlice.set(slice));
            new Thread(task).start();
            System.out.println(task.get());
        }
    }

    @Test
    void set_zero_isOff() {
        assertThat(SchedulerSlice.set(Duration.ZERO)).isEqualTo(Lever.off());
    }

    @Test
    void set_withoutNativeAccess_tellsWhyAndPrintsNoWarning() throws Exception {
        String printed = child(List.of("-Xshare:auto"));
        assertThat(printed.lines()).hasSize(1);
        assertThat(printed).contains("asked=100 us where possible, active=false, state=");
        assertThat(printed).containsAnyOf("needs Java 22", "needs native access", "needs Linux", "not known for");
    }

    @Test
    void set_withNativeAccess_isActiveOrTellsWhy() throws Exception {
        assumeTrue(Runtime.version().feature() >= 22, "needs Java 22; this is " + Runtime.version());
        assumeTrue(System.getProperty("os.name").equals("Linux"), "needs Linux");
        String printed = child(List.of("--enable-native-access=ALL-UNNAMED"), "PT0.0002S");
        assertThat(printed.lines()).hasSize(1);
        assumeTrue(isSixTwelve(), "slices came with Linux 6.12; this is " + System.getProperty("os.version"));
        assertThat(printed.strip()).isEqualTo("Lever[asked=200 us, active=true, state=200 us]");
    }

    private static boolean isSixTwelve() {
        String[] parts = System.getProperty("os.version").split("[^0-9]+");
        int major = Integer.parseInt(parts[0]);
        return major > 6 || major == 6 && Integer.parseInt(parts[1]) >= 12;
    }

    private static String child(List<String> options, String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Child.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return printed;
        } finally {
            process.destroyForcibly();
        }
    }
}
