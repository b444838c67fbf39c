package io.asyncslot.benchmarks.jmh;

import io.asyncslot.benchmarks.peer.Key;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/** Draws batches of random pending keys, one thread's own. */
@State(Scope.Thread)
public class RandomKeys {

    /** How many keys are drawn at once. */
    static final int BATCH = 64;

    private static final AtomicInteger SEEDS = new AtomicInteger();

    /**
     * equal: equal to the key that the timers hold, and another object, just touched as one that a request brought in;
     * same: the very object that they hold, touched; cold: the same object, not touched.
     */
    @Param("equal")
    public String key = "equal";

    private final SplittableRandom random = new SplittableRandom(SEEDS.incrementAndGet());
    private Key[] source = {};
    final Key[] batch = new Key[BATCH];

    /** Chooses what is drawn from. */
    @Setup(Level.Trial)
    public void prepare(PendingTimers pending) {
        source = pending.keys;
        if (key.equals("equal")) {
            source = new Key[pending.n];
            for (int i = 0; i < source.length; i++) {
                source[i] = new Key(i);
            }
        }
    }

    /** Draws the next batch; returns random bits. */
    int draw(Blackhole hole) {
        for (int i = 0; i < BATCH; i++) {
            batch[i] = source[random.nextInt(source.length)];
        }
        if (!key.equals("cold")) {
            int sum = 0;
            for (Key each : batch) {
                sum += each.index();
            }
            hole.consume(sum);
        }
        return random.nextInt();
    }
}
