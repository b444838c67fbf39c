package io.asyncslot.jvm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Asks Linux to wake the calling thread without slack: by default a sleep may end 50 microseconds late so that wake-ups
 * can be merged (prctl(2), PR_SET_TIMERSLACK). Plain file I/O, no privilege; does nothing where it is not possible.
 */
final class TimerSlack {

    private static final Path THREAD = Path.of("/proc/thread-self");

    private TimerSlack() {}

    /**
     * Takes the calling thread's slack away.
     *
     * @return what it is now, in words
     */
    static String remove() {
        try {
            Path tid = Files.readSymbolicLink(THREAD).getFileName();
            if (tid == null) {
                return "default: " + THREAD + " names no thread";
            }
            Files.writeString(Path.of("/proc", tid.toString(), "timerslack_ns"), "1");
            return "1 ns";
        } catch (IOException | UnsupportedOperationException | SecurityException e) {
            return "default: " + e;
        }
    }
}
