package io.asyncslot.jvm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Asks Linux to wake the calling thread with less slack: by default a sleep may end 50 microseconds late so that wake-ups
 * can be merged (prctl(2), PR_SET_TIMERSLACK). Plain file I/O, no privilege; does nothing where it is not possible.
 */
final class TimerSlack {

    private TimerSlack() {}

    /**
     * Sets the calling thread's slack, and reads it back.
     *
     * @param slack what to set; zero leaves it alone
     * @return what came of it
     */
    static Lever set(Duration slack) {
        return set(slack, Path.of("/proc"));
    }

    static Lever set(Duration slack, Path proc) {
        if (slack.isZero()) {
            return Lever.off();
        }
        String asked = Lever.words(slack);
        String wanted = Long.toString(slack.toNanos());
        try {
            Path tid = Files.readSymbolicLink(proc.resolve("thread-self")).getFileName();
            if (tid == null) {
                return new Lever(asked, false, proc + "/thread-self names no thread");
            }
            Path file = proc.resolve(tid).resolve("timerslack_ns");
            Files.writeString(file, wanted);
            String now = Files.readString(file).strip();
            return new Lever(asked, now.equals(wanted), now + " ns");
        } catch (IOException | UnsupportedOperationException | SecurityException e) {
            return new Lever(asked, false, e.toString());
        }
    }
}
