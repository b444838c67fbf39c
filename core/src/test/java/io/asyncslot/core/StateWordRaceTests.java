package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.backend.Periods;
import io.asyncslot.core.StateWord.Arming;
import io.asyncslot.core.StateWord.Disarming;
import io.asyncslot.fixture.Race;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What many threads do to one word adds up. */
class StateWordRaceTests {

    private static final int THREADS = 4;
    private static final int ROUNDS = 50_000;

    private static void onThreads(Race.Action action) throws InterruptedException {
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger failed = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            threads.add(Race.thread(() -> {
                go.await();
                try {
                    action.run();
                } catch (Throwable e) {
                    failed.incrementAndGet();
                    throw e;
                }
            }));
        }
        go.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failed).hasValue(0);
    }

    /** T1..T4: arm. Each takes one generation, whoever moves the base up meanwhile. */
    @Test
    void arm_byManyThreads_takesOneGenerationEach() throws Exception {
        StateWordTests.Word word = new StateWordTests.Word(1, 1, 1);
        AtomicLong backwards = new AtomicLong();
        onThreads(() -> {
            long last = 0;
            for (int i = 0; i < ROUNDS; i++) {
                word.arm(i & 3);
                long now = word.generation();
                if (now <= last) {
                    backwards.incrementAndGet();
                }
                last = now;
            }
        });
        assertThat(word.generation()).isEqualTo(1 + (long) THREADS * ROUNDS);
        assertThat(backwards).as("generations never fall behind one's own arm").hasValue(0);
    }

    /** T1..T4: arm and disarm at random. STARTED and CANCELLED alternate in the order of the word. */
    @Test
    void disarm_byManyThreads_cancelsEachArmedPeriodOnce() throws Exception {
        StateWordTests.Word word = new StateWordTests.Word(1, 1, 1);
        AtomicLong started = new AtomicLong(1);
        AtomicLong rearmed = new AtomicLong();
        AtomicLong cancelled = new AtomicLong();
        AtomicLong lost = new AtomicLong();
        AtomicInteger seeds = new AtomicInteger();
        onThreads(() -> {
            int random = seeds.incrementAndGet() * 0x9E3779B9;
            for (int i = 0; i < ROUNDS; i++) {
                random ^= random << 13;
                random ^= random >>> 17;
                random ^= random << 5;
                if ((random & 3) == 0) {
                    (word.arm(random & 7) == Arming.STARTED ? started : rearmed).incrementAndGet();
                } else {
                    (word.disarm() == Disarming.CANCELLED ? cancelled : lost).incrementAndGet();
                }
            }
        });
        long armed = StateWord.isArmed(word.word()) ? 1 : 0;
        assertThat(started.get()).isEqualTo(cancelled.get() + armed);
        assertThat(word.generation()).isEqualTo(started.get() + rearmed.get());
        Race.reached("a cancel that found nothing", lost.get());
        Race.reached("an arm that found a pending one", rearmed.get());
    }

    /** T1: release, tryReclaim. T2: endFire, tryReclaim. Exactly one of them reclaims. */
    @Test
    void tryReclaim_byReleaserAndRunner_succeedsOnce() throws Exception {
        AtomicInteger byReleaser = new AtomicInteger();
        AtomicInteger byRunner = new AtomicInteger();
        try (Race race = new Race()) {
            for (int round = 0; race.goesOn(round, 100_000, byReleaser, byRunner); round++) {
                StateWordTests.Word word = new StateWordTests.Word(1, 1, 1);
                word.beginFire(1, Periods.ONE_SHOT, new FiredRun());
                word.free();
                int before = byReleaser.get() + byRunner.get();
                race.run(
                        () -> {
                            if (word.release(1) && word.tryReclaim()) {
                                byReleaser.incrementAndGet();
                            }
                        },
                        () -> {
                            word.endFire();
                            if (word.tryReclaim()) {
                                byRunner.incrementAndGet();
                            }
                        });
                assertThat(byReleaser.get() + byRunner.get()).isEqualTo(before + 1);
            }
        }
        Race.reached("the releaser reclaims", byReleaser.get());
        Race.reached("the runner reclaims", byRunner.get());
    }

    /** T1: releases the last reference. T2: retain. Either T2 holds one and T1's was not the last, or T2 is refused. */
    @Test
    void R11_retainAgainstTheLastRelease_neverRevives() throws Exception {
        AtomicInteger retained = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        try (Race race = new Race()) {
            for (int round = 0; race.goesOn(round, 100_000, retained, refused); round++) {
                StateWordTests.Word word = new StateWordTests.Word(1, 1, 1);
                AtomicInteger last = new AtomicInteger();
                race.run(
                        () -> {
                            if (word.release(1)) {
                                last.incrementAndGet();
                            }
                        },
                        () -> {
                            if (word.retain()) {
                                retained.incrementAndGet();
                                if (word.release(1)) {
                                    last.incrementAndGet();
                                }
                            } else {
                                refused.incrementAndGet();
                            }
                        });
                assertThat(last).hasValue(1);
                assertThat(word.references()).isZero();
            }
        }
        Race.reached("retained before the last release", retained.get());
        Race.reached("refused after the last release", refused.get());
    }
}
