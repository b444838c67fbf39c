package io.asyncslot.core;

import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The hash by which an index finds a key: 32 bits, mixed with numbers that this process has drawn, so that nobody who
 * chooses keys can choose where they go. Of the values of Long and UUID all bits count, since their own hash codes make
 * {@code tenant << 32 | user} and the like collide. Equal hash codes of other types stay equal: see {@link SameHash}.
 */
final class KeyHash {

    /** The simulator names the seed, so that a failure can be seen again in another process. */
    private static final SplittableRandom NUMBERS = new SplittableRandom(Long.getLong(
            "asyncslot.simulation.hash", ThreadLocalRandom.current().nextLong()));

    private static final long MASK = NUMBERS.nextLong();
    private static final long FACTOR = NUMBERS.nextLong() | 1;
    private static final long OTHER_FACTOR = NUMBERS.nextLong() | 1;

    private KeyHash() {}

    /** Asks the key once; what its {@code hashCode} throws goes to the caller. */
    static int of(Object key) {
        if (key instanceof Long number) {
            return mix(number);
        }
        if (key instanceof UUID id) {
            return mix(id.getMostSignificantBits() * OTHER_FACTOR ^ id.getLeastSignificantBits());
        }
        return mix(key.hashCode());
    }

    /** Numbers for the blocks that have one hash: the same ones whenever the seed is the same. */
    static SplittableRandom random(int hash) {
        return new SplittableRandom(MASK ^ hash);
    }

    private static int mix(long bits) {
        long product = (bits ^ MASK) * FACTOR;
        return (int) ((product ^ product >>> Integer.SIZE) * OTHER_FACTOR >>> Integer.SIZE);
    }
}
