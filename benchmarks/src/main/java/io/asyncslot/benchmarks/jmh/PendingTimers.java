package io.asyncslot.benchmarks.jmh;

import io.asyncslot.WhenIdle;
import io.asyncslot.benchmarks.peer.Delay;
import io.asyncslot.benchmarks.peer.Key;
import io.asyncslot.benchmarks.peer.KeyedTimers;
import io.asyncslot.benchmarks.peer.Peer;
import java.util.Random;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Timers with {@code n} keys pending, none of which fires during the measurement. */
@State(Scope.Benchmark)
public class PendingTimers {

    /** The delay where all are the same. */
    static final Delay MINUTE = Delay.ofNanos(60_000_000_000L);

    private static final int DELAYS = 1 << 12;

    /** Who is measured. */
    @Param({"PLAIN", "DEFAULT", "STPE", "SPRING", "FJP", "NETTY", "PEKKO", "AGRONA"})
    public Peer peer = Peer.PLAIN;

    /** How many timers are pending. */
    @Param({"1000", "100000", "1000000"})
    public int n;

    /** constant: 60 s always; varied: 60 to 120 s, so that the new deadline is often the earlier one. */
    @Param("constant")
    public String delay = "constant";

    /** KEEP where a slot is to stay when it is cancelled, which only ours can do. */
    @Param("FREE")
    public WhenIdle idle = WhenIdle.FREE;

    Key[] keys = {};
    KeyedTimers timers = new NoTimers();
    final Delay[] delays = new Delay[DELAYS];

    /** Fills the timers. */
    @Setup(Level.Trial)
    public void fill() {
        Random random = new Random(42);
        boolean varied = delay.equals("varied");
        for (int i = 0; i < DELAYS; i++) {
            delays[i] = varied ? Delay.ofNanos(60_000_000_000L + (long) (random.nextDouble() * 60e9)) : MINUTE;
        }
        keys = new Key[n];
        timers = peer.open(
                key -> {
                    throw new IllegalStateException("fired during the measurement: " + key);
                },
                idle);
        for (int i = 0; i < n; i++) {
            keys[i] = new Key(i);
            timers.start(keys[i], delays[i & DELAYS - 1]);
        }
    }

    /** Ends them. */
    @TearDown(Level.Trial)
    public void close() {
        timers.close();
    }

    Delay delay(int random) {
        return delays[random & DELAYS - 1];
    }
}
