package io.asyncslot.cluster.store;

import java.time.Instant;

/**
 * A firing whose callback has failed, and that AsyncSlot does not deliver again by itself. Immutable.
 *
 * @param map the map's name
 * @param key the key's text, as the database has it
 * @param generation the firing's generation
 * @param attempt how often it was delivered
 * @param firedAt when the last attempt began, by the database's clock
 * @param failedAt when it ended
 * @param error type and message of the exception that the callback threw
 * @param failures how often callbacks of this slot have failed
 */
public record FailedFiring(
        String map,
        String key,
        long generation,
        int attempt,
        Instant firedAt,
        Instant failedAt,
        String error,
        long failures) {}
