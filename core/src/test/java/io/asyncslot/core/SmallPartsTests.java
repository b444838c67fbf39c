package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.asyncslot.fixture.Race;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Generations, Capacity, RunBarrier, Limits, Shown. */
class SmallPartsTests {

    @Test
    void generations_nextAfterRetire_isHigher() {
        Generations generations = new Generations();
        assertThat(generations.next("a")).isEqualTo(1);
        generations.retire("a", 7);
        assertThat(generations.next("a")).isEqualTo(8);
        generations.retire("a", 3);
        assertThat(generations.next("a"))
                .as("an older one does not set it back")
                .isEqualTo(8);
    }

    @Test
    void generations_ofKeysThatShareAStripe_riseToo() {
        Generations generations = new Generations();
        for (int key = 0; key < 10_000; key++) {
            long next = generations.next(key);
            generations.retire(key, next + 2);
            assertThat(generations.next(key)).isGreaterThan(next + 2);
        }
    }

    @Test
    void generations_retiredByTwoThreads_keepTheHighest() throws Exception {
        AtomicInteger higherFirst = new AtomicInteger();
        try (Race race = new Race()) {
            Generations generations = new Generations();
            for (int round = 1; race.goesOn(round, 20_000); round++) {
                long base = 10L * round;
                race.run(() -> generations.retire("k", base), () -> generations.retire("k", base + 5));
                assertThat(generations.next("k")).isEqualTo(base + 6);
                higherFirst.incrementAndGet();
            }
        }
        assertThat(higherFirst.get()).isPositive();
    }

    @Test
    void capacity_givesOutItsPlacesOnly() throws Exception {
        Capacity capacity = new Capacity(3);
        assertThat(capacity.reserve()).isTrue();
        assertThat(capacity.reserve()).isTrue();
        AtomicInteger won = new AtomicInteger();
        try (Race race = new Race()) {
            for (int round = 0; race.goesOn(round, 20_000); round++) {
                won.set(0);
                Race.Action take = () -> {
                    if (capacity.reserve()) {
                        won.incrementAndGet();
                    }
                };
                race.run(take, take);
                assertThat(won).hasValue(1);
                capacity.giveBack();
            }
        }
        assertThat(capacity.reserve()).isTrue();
        assertThat(capacity.reserve()).isFalse();
    }

    @Test
    void capacity_ofZero_isNoLimit() {
        Capacity capacity = new Capacity(0);
        for (int i = 0; i < 1_000; i++) {
            assertThat(capacity.reserve()).isTrue();
        }
        capacity.giveBack();
        assertThat(capacity.reserve()).isTrue();
    }

    @Test
    void barrier_whatHoldsAlready_doesNotWait() throws Exception {
        RunBarrier barrier = RunBarrier.of(this);
        assertThat(barrier.await(() -> true, 0)).isTrue();
        assertThat(barrier.await(() -> false, 0)).isFalse();
        assertThat(barrier.await(() -> false, 1_000_000)).isFalse();
    }

    /** T1: waits. T2: makes it hold, then signals. T1 always comes back. */
    @Test
    void barrier_signalledOnce_letsTheWaiterGo() throws Exception {
        RunBarrier barrier = RunBarrier.of(this);
        AtomicInteger waited = new AtomicInteger();
        try (Race race = new Race()) {
            for (int round = 0; race.goesOn(round, 5_000); round++) {
                AtomicBoolean holds = new AtomicBoolean();
                AtomicInteger looks = new AtomicInteger();
                race.run(
                        () -> {
                            looks.get();
                            holds.set(true);
                            barrier.signal();
                        },
                        () -> assertThat(barrier.await(
                                        () -> {
                                            looks.incrementAndGet();
                                            return holds.get();
                                        },
                                        Long.MAX_VALUE))
                                .isTrue());
                if (looks.get() > 1) {
                    waited.incrementAndGet();
                }
            }
        }
        Race.reached("the waiter came first", waited.get());
    }

    @Test
    void barrier_interrupted_throws() throws Exception {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread waiter = Race.thread(() -> {
            try {
                RunBarrier.of(this).await(() -> false, Long.MAX_VALUE);
            } catch (InterruptedException e) {
                thrown.set(e);
            }
        });
        while (Race.endedOrBlocked(waiter)) {
            Thread.onSpinWait();
        }
        waiter.interrupt();
        waiter.join();
        assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
    }

    @Test
    void limits_nameValueAndRule() {
        assertThat(Limits.nanos(Duration.ofSeconds(2))).isEqualTo(2_000_000_000L);
        assertThat(Limits.nanos(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(Long.MAX_VALUE);
        assertThat(Limits.nanos(Duration.ofSeconds(Long.MAX_VALUE / 1_000_000_000L, 999_999_999)))
                .isEqualTo(Long.MAX_VALUE);
        assertThat(Limits.delay(Duration.ZERO)).isZero();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limits.delay(Duration.ofNanos(-1)))
                .withMessageContaining("'delay' must not be negative: PT-0.000000001S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limits.nanos(Duration.ofSeconds(-1)))
                .withMessageContaining("'limit' must not be negative: PT-1S");
    }

    @Test
    void shown_survivesABadToString() {
        Object bad = new Object() {
            @Override
            public String toString() {
                throw new IllegalStateException("no");
            }
        };
        assertThat(Shown.of("a")).isEqualTo("a");
        assertThat(Shown.of(bad)).contains(bad.getClass().getName()).contains("IllegalStateException");
    }
}
