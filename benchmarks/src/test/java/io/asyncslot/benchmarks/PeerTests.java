package io.asyncslot.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.asyncslot.benchmarks.peer.Delay;
import io.asyncslot.benchmarks.peer.Key;
import io.asyncslot.benchmarks.peer.KeyedTimers;
import io.asyncslot.benchmarks.peer.Peer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is measured does what it is measured for. */
class PeerTests {

    private static final Delay SOON = Delay.ofNanos(Duration.ofMillis(150).toNanos());
    private static final Delay LATER = Delay.ofNanos(Duration.ofMillis(400).toNanos());
    private static final Delay FAR = Delay.ofNanos(Duration.ofMinutes(10).toNanos());
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Map<Key, Integer> fired = new ConcurrentHashMap<>();

    @ParameterizedTest
    @EnumSource(Peer.class)
    void firesOncePerKey(Peer peer) {
        try (KeyedTimers timers = open(peer)) {
            long began = System.nanoTime();
            for (int i = 0; i < 100; i++) {
                timers.start(new Key(i), SOON);
            }
            assertThat(until(timers, () -> fired.size() == 100)).isTrue();
            assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(SOON.nanos());
            assertThat(fired.values()).containsOnly(1);
        }
    }

    @ParameterizedTest
    @EnumSource(Peer.class)
    void movesADeadlineBothWays(Peer peer) {
        try (KeyedTimers timers = open(peer)) {
            Key later = new Key(1);
            Key sooner = new Key(2);
            long began = System.nanoTime();
            timers.start(sooner, FAR);
            timers.start(later, SOON);
            timers.start(later, LATER);
            assumeSoonerThanSoon(began);
            timers.start(sooner, SOON);
            assertThat(until(timers, () -> fired.containsKey(sooner))).isTrue();
            assertThat(until(timers, () -> fired.containsKey(later))).isTrue();
            assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(LATER.nanos());
            assertThat(fired).containsOnlyKeys(sooner, later).containsValues(1, 1);
        }
    }

    @ParameterizedTest
    @EnumSource(Peer.class)
    void keepsADeletedKeyFromFiring(Peer peer) {
        try (KeyedTimers timers = open(peer)) {
            Key deleted = new Key(1);
            Key witness = new Key(2);
            long began = System.nanoTime();
            timers.start(deleted, SOON);
            timers.delete(deleted);
            assumeSoonerThanSoon(began);
            timers.start(witness, LATER);
            assertThat(until(timers, () -> fired.containsKey(witness))).isTrue();
            assertThat(fired).containsOnlyKeys(witness);
        }
    }

    private static void assumeSoonerThanSoon(long began) {
        assumeTrue(System.nanoTime() - began < SOON.nanos(), "SKIPPED: this thread had no CPU for a while");
    }

    private KeyedTimers open(Peer peer) {
        assumeTrue(peer.available(), "ForkJoinPool schedules since Java 25");
        return peer.open(key -> fired.merge(key, 1, Integer::sum));
    }

    private static boolean until(KeyedTimers timers, BooleanSupplier condition) {
        long limit = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean() && System.nanoTime() < limit) {
            if (!timers.poll()) {
                Thread.onSpinWait();
            }
        }
        return condition.getAsBoolean();
    }
}
