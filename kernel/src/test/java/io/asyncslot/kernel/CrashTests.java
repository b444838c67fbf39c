package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.SlotFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.spi.Ticker;
import io.asyncslot.test.ManualTicker;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * A process is killed between any two steps: at every reading of a clock, every command that the kernel executes, before
 * and after every poll, hand-over and callback. What the next one finds is held against an exact ledger: no start that
 * answered is lost, no acknowledged firing comes again, none is early, and what was cut off is delivered again.
 */
class CrashTests {

    private static final int KEYS = 6;
    private static final int LIVES = 8;

    /** How many chains of crashes; more on demand. */
    private static final int SEEDS = Integer.getInteger("asyncslot.crash.seeds", 400);

    @Test
    void killedBetweenAnyTwoSteps_keepsTheLedger() {
        long first = Long.getLong("asyncslot.crash.seed", 1);
        int firings = 0;
        int again = 0;
        int away = 0;
        for (long seed = first; seed < first + SEEDS; seed++) {
            try {
                CrashLedger ledger = new Chain(seed).run();
                firings += ledger.firings;
                again += ledger.deliveredAgain;
                away += ledger.whileAway;
            } catch (Throwable e) {
                throw new AssertionError("seed " + seed + ": -Dasyncslot.crash.seed=" + seed, e);
            }
        }
        System.out.printf(
                "crashes: %d seeds, %d lives each, %d firings, %d delivered again, %d due while away%n",
                SEEDS, LIVES, firings, again, away);
        assertThat(again)
                .as("firings that were cut off: the test must reach them")
                .isPositive();
        assertThat(away).as("firings due while no process was there").isPositive();
    }

    /** Some lives of one application, each but the last ended by a kill at a random step. */
    private static final class Chain {

        private final Random random;
        private final ManualTicker ticker = new ManualTicker(Instant.parse("2026-01-01T00:00:00Z"));
        private SimulatedKernel kernel = new SimulatedKernel(ticker, 16, 16);
        private CrashLedger ledger = new CrashLedger();

        /** Steps until the kill; negative when it has come or none is to come. */
        private int left;

        private @Nullable SimulatedKernel image;
        private @Nullable CrashLedger imageLedger;

        /** What a callback found wrong, before the kill. */
        private @Nullable AssertionError wrong;

        Chain(long seed) {
            this.random = new Random(seed);
        }

        CrashLedger run() {
            for (int life = 0; life < LIVES; life++) {
                live(life == LIVES - 1);
            }
            return ledger;
        }

        private void step() {
            if (left >= 0 && left-- == 0) {
                image = kernel.image();
                imageLedger = ledger.copy();
            }
        }

        private void live(boolean last) {
            left = last ? -1 : random.nextInt(random.nextBoolean() ? 40 : 600);
            image = null;
            imageLedger = null;
            kernel.step = this::step;
            kernel.memory = index -> random.nextInt(10) == 0 ? -SimulatedKernel.ENOMEM : 0;
            kernel.ringCapacity = random.nextInt(5) == 0 ? 2 : 1_000;
            CrashLedger book = ledger;
            SimulatedApplication application =
                    new SimulatedApplication(kernel, ticker, new Steps(), KernelOptions.defaults(), true, firing -> {
                        book.acknowledged(firing);
                        step();
                    });
            application.callback = firing -> call(application, book, firing);
            TimerSlots<String> map = application.timers("t");
            if (image == null) {
                for (int i = 0; i < KEYS; i++) {
                    book.recovered("k" + i, map.find("k" + i), micros());
                }
                book.end();
            }
            application.start();
            for (int i = 0; i < 60 && image == null; i++) {
                act(application, map, book);
                if (wrong != null) {
                    throw wrong;
                }
            }
            if (image == null && (last || random.nextInt(4) == 0)) {
                left = last ? -1 : random.nextInt(200);
                drain(application, book);
            }
            if (image == null) {
                image = kernel.image();
                imageLedger = book.copy();
            }
            kernel.step = () -> {};
            kernel = image;
            ledger = imageLedger;
            if (random.nextBoolean()) {
                ticker.advance(Duration.ofMillis(random.nextInt(3_000)));
                if (random.nextBoolean()) {
                    kernel.tick();
                }
            }
        }

        private void drain(SimulatedApplication application, CrashLedger book) {
            application.pass(Duration.ofSeconds(8));
            if (wrong != null) {
                throw wrong;
            }
            if (image == null) {
                book.checkSettled();
            }
        }

        private void act(SimulatedApplication application, TimerSlots<String> map, CrashLedger book) {
            String key = "k" + random.nextInt(KEYS);
            switch (random.nextInt(10)) {
                case 0, 1, 2 -> start(map, book, key);
                case 3 -> {
                    book.begin(key);
                    long deadline = micros() + 500_000;
                    if (map.touch(key, Duration.ofMillis(500)) == TouchOutcome.MOVED) {
                        book.armed(key, deadline);
                    }
                    book.end();
                }
                case 4 -> {
                    book.begin(key);
                    if (map.cancel(key) == CancelOutcome.CANCELLED) {
                        book.cancelled(key);
                    }
                    book.end();
                }
                case 5 -> {
                    book.begin(key);
                    if (map.delete(key) != DeleteOutcome.ABSENT) {
                        book.deleted(key);
                    }
                    book.end();
                }
                case 6 -> ticker.advance(Duration.ofMillis(random.nextInt(400)));
                case 7 -> {
                    application.backend.pump();
                    step();
                }
                default -> {
                    application.backend.pump();
                    application.runTask();
                    step();
                }
            }
        }

        private void start(TimerSlots<String> map, CrashLedger book, String key) {
            book.begin(key);
            long delay = random.nextInt(4) == 0 ? 0 : random.nextInt(2_000);
            long deadline = micros() + delay * 1_000;
            StartOutcome outcome = map.start(key, Duration.ofMillis(delay));
            if (outcome == StartOutcome.STARTED || outcome == StartOutcome.REARMED) {
                book.armed(key, deadline);
            }
            book.end();
            step();
        }

        private void call(SimulatedApplication application, CrashLedger book, SlotFiring firing) {
            try {
                book.fired(firing, micros());
            } catch (AssertionError e) {
                wrong = wrong == null && image == null ? e : wrong;
                return;
            }
            if (left > 0 && random.nextInt(8) == 0) {
                left = random.nextInt(4);
            }
            step();
            if (random.nextInt(4) == 0 && image == null) {
                String key = (String) firing.key();
                book.begin(key);
                long deadline = micros() + 300_000;
                if (firing.restart(Duration.ofMillis(300)) != StartOutcome.FREED) {
                    book.armed(key, deadline);
                }
                book.end();
            }
            step();
            book.returned(firing);
        }

        private long micros() {
            return ticker.monotonicNanos() / 1_000;
        }

        /** A clock whose every reading is a step. */
        private final class Steps implements Ticker {
            @Override
            public long monotonicNanos() {
                step();
                return ticker.monotonicNanos();
            }

            @Override
            public long realtimeNanos() {
                step();
                return ticker.realtimeNanos();
            }

            @Override
            public long boottimeNanos() {
                step();
                return ticker.boottimeNanos();
            }
        }
    }
}
