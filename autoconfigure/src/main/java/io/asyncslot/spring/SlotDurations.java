package io.asyncslot.spring;

import java.time.Duration;
import org.springframework.boot.convert.DurationStyle;

/** Reads durations as Spring Boot writes them. */
final class SlotDurations {

    static final String RULE =
            "a duration such as 30m, 500ms or PT30S (not negative; a bare number counts milliseconds)";

    private SlotDurations() {}

    /**
     * Reads a duration.
     *
     * @throws IllegalArgumentException naming value and rule
     */
    static Duration parse(String text) {
        Duration duration;
        try {
            duration = DurationStyle.detectAndParse(text.strip());
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new IllegalArgumentException("'" + text + "' is not " + RULE, e);
        }
        return notNegative(duration);
    }

    static Duration notNegative(Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("'" + duration + "' is not " + RULE);
        }
        return duration;
    }
}
