package io.asyncslot.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A log does not fail its caller, also with no heap left. */
class LogTests {

    /** A class of the JDK that fails to initialize for want of heap fails forever. */
    @Test
    void madeBeforeTheHeapIsFull_itHasItsLevels() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xlog:class+init=info",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Maker.class.getName())
                .redirectErrorStream(true)
                .start();
        String initialized = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        assertThat(initialized)
                .contains("'" + Log.class.getName().replace('.', '/') + "'")
                .contains("'java/lang/System$Logger$Level'");
    }

    static final class Maker {

        private Maker() {}

        public static void main(String[] arguments) {
            new Log(Maker.class);
        }
    }
}
