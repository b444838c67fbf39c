package io.asyncslot.container;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * What has to be seen, or done, before a slot fires. How long that takes is the machine's affair, so it is tried with
 * longer and longer delays.
 */
final class InTime {

    static final Duration SOON = Duration.ofSeconds(2);

    private static final int ATTEMPTS = 6;

    private InTime() {}

    /**
     * Tries until it was in time; fails if that was never the case.
     *
     * @param attempt takes a delay that no attempt before had; empty where it came too late
     */
    static <T> T look(String what, Function<Duration, Optional<T>> attempt) {
        Duration delay = SOON;
        for (int count = 0; count < ATTEMPTS; count++) {
            Optional<T> seen = attempt.apply(delay);
            if (seen.isPresent()) {
                return seen.get();
            }
            delay = delay.multipliedBy(2);
        }
        throw new AssertionError(what + ": not seen in " + ATTEMPTS + " attempts, the last with " + delay.dividedBy(2));
    }
}
