package io.asyncslot.jvm;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What became of one option of the timer thread.
 *
 * @param asked what was asked for, in words
 * @param active whether it holds
 * @param state what holds now, or why it does not, in words
 */
record Lever(String asked, boolean active, String state) {

    private static final String OFF = "off";

    /** An option that is not wanted. */
    static Lever off() {
        return new Lever(OFF, false, OFF);
    }

    /** An option that nothing can keep from holding; zero is off. */
    static Lever of(Duration value) {
        return value.isZero() ? off() : new Lever(words(value), true, words(value));
    }

    /** A span in words: 1 ns, 30 us, 2 ms. */
    static String words(Duration span) {
        long nanos = span.toNanos();
        if (nanos % 1_000_000 == 0) {
            return nanos / 1_000_000 + " ms";
        }
        return nanos % 1_000 == 0 ? nanos / 1_000 + " us" : nanos + " ns";
    }

    /** This lever as a report shows it. */
    Map<String, Object> details() {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("asked", asked);
        details.put("active", active);
        details.put("state", state);
        return details;
    }
}
