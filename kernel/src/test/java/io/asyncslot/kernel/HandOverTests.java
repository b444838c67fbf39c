package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.asyncslot.BackendUnavailableException;
import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.test.ManualTicker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the holder of pinned slots does when it is asked for them, on a simulated kernel. */
@SuppressWarnings("try") // an asker is there until it is closed
class HandOverTests {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final long FAR = Duration.ofDays(1).toNanos();
    private static final KernelOptions WILLING = KernelOptions.defaults().withTakeOver(SECOND);
    private static final int ROUNDS = 60;
    private static final int KEYS = 8;

    private final ManualTicker ticker = new ManualTicker(Instant.parse("2026-01-01T00:00:00Z"));
    private final SimulatedKernel kernel = new SimulatedKernel(ticker, 1_024, 32);
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    private SimulatedApplication holder() {
        return new SimulatedApplication(kernel, ticker, WILLING, true);
    }

    private void write(long question) {
        Layout.LONG.setVolatile(kernel.header, Layout.HEADER_HAND_OVER_UNTIL, question);
    }

    private long question() {
        return (long) Layout.LONG.getVolatile(kernel.header, Layout.HEADER_HAND_OVER_UNTIL);
    }

    private long fromNow(Duration span) {
        return ticker.monotonicNanos() + span.toNanos();
    }

    /** A process that waits for the slots: renews its question until it is closed, or has its answer. */
    private final class Asker implements AutoCloseable {
        private volatile boolean ended;
        private final Thread thread = new Thread(this::ask);

        private Asker() {
            write(fromNow(SECOND.multipliedBy(5)));
            thread.start();
        }

        private void ask() {
            for (long i = 1; !ended; i++) {
                long seen = question();
                if (seen != HandOverQuestion.GIVEN) {
                    Layout.LONG.compareAndSet(
                            kernel.header, Layout.HEADER_HAND_OVER_UNTIL, seen, fromNow(SECOND.multipliedBy(5)) + i);
                }
                try {
                    Thread.sleep(5);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        @Override
        public void close() throws InterruptedException {
            ended = true;
            thread.join();
        }
    }

    private static boolean isUp(SimulatedApplication process) {
        return process.backend.report().available();
    }

    /** What two threads were told about their keys, up to the first CLOSED. */
    private Map<String, Long> operate(TimerSlots<String> map, int thread, long seed) {
        Random random = new Random(seed);
        Map<String, Long> told = new HashMap<>();
        for (; ; ) {
            String key = thread + "/" + random.nextInt(KEYS);
            long far = FAR + random.nextInt(1_000_000) * 1_000L;
            Duration delay = Duration.ofNanos(far);
            boolean closed = switch (random.nextInt(6)) {
                case 0 -> {
                    DeleteOutcome outcome = map.delete(key);
                    boolean isClosed = map.isClosed();
                    if (outcome != DeleteOutcome.ABSENT) {
                        told.put(key, -1L);
                    }
                    yield isClosed;
                }
                case 1 -> {
                    CancelOutcome outcome = map.cancel(key);
                    if (outcome == CancelOutcome.CANCELLED) {
                        told.put(key, 0L);
                    }
                    yield outcome == CancelOutcome.CLOSED;
                }
                case 2 -> {
                    TouchOutcome outcome = map.touch(key, delay);
                    if (outcome == TouchOutcome.MOVED) {
                        told.put(key, far);
                    }
                    yield outcome == TouchOutcome.CLOSED;
                }
                default -> {
                    StartOutcome outcome = map.start(key, delay);
                    assertThat(outcome).isIn(StartOutcome.STARTED, StartOutcome.REARMED, StartOutcome.CLOSED);
                    if (outcome != StartOutcome.CLOSED) {
                        told.put(key, far);
                    }
                    yield outcome == StartOutcome.CLOSED;
                }
            };
            if (closed) {
                return told;
            }
        }
    }

    /** Whatever operation meets the hand-over: what it answered is what the next process finds. */
    @Test
    void operationsDuringAHandOver_answerWhatTheNextProcessFinds() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            SimulatedKernel machine = new SimulatedKernel(ticker, 16_384, 32);
            SimulatedApplication process = new SimulatedApplication(machine, ticker, WILLING, true).start();
            TimerSlots<String> first = process.timers("first");
            for (int i = 0; i < 400; i++) {
                first.start("filler" + i, Duration.ofHours(1));
            }
            TimerSlots<String> map = process.timers("t");
            List<Future<Map<String, Long>>> operating = new ArrayList<>();
            for (int thread = 0; thread < 2; thread++) {
                int number = thread;
                long seed = round * 2L + thread;
                Callable<Map<String, Long>> task = () -> operate(map, number, seed);
                operating.add(threads.submit(task));
            }
            Thread.sleep(5);
            process.backend.handOver().letGo();
            Map<String, Long> told = new HashMap<>();
            for (Future<Map<String, Long>> each : operating) {
                told.putAll(each.get());
            }
            try (SimulatedApplication next = new SimulatedApplication(machine, ticker, WILLING, true)) {
                TimerSlots<String> found = next.timers("t");
                told.forEach((key, expected) -> {
                    SlotSnapshot snapshot = found.find(key).orElse(null);
                    long left = snapshot == null
                            ? -1
                            : snapshot.timeLeft() == null
                                    ? 0
                                    : snapshot.timeLeft().toNanos();
                    assertThat(left).as("what is left of " + key).isEqualTo(expected);
                });
                assertThat(found.stats().slots())
                        .isEqualTo(
                                told.values().stream().filter(each -> each >= 0).count());
                assertThat(next.timers("first").stats().slots()).isEqualTo(400);
                assertThat(next.backend.report().details()).containsEntry("recordsDamaged", 0);
            }
        }
    }

    @Test
    void holder_letsGo_andSaysSo() throws Exception {
        SimulatedApplication process = holder().start();
        TimerSlots<String> map = process.timers("t");
        map.start("a", SECOND);
        try (Asker asker = new Asker()) {
            do { // one that found no live asker, which a busy machine held up, is begun again
                process.backend.handOver().run();
            } while (isUp(process));
            assertThat(question()).isEqualTo(HandOverQuestion.GIVEN);
        }
        assertThat(isUp(process)).isFalse();
        assertThat(map.start("b", SECOND)).isEqualTo(StartOutcome.CLOSED);
        assertThatThrownBy(() -> process.timers("other"))
                .isInstanceOf(BackendUnavailableException.class)
                .hasMessageContaining("handed over to another process");
        try (SimulatedApplication next = holder().start()) {
            next.timers("t");
            next.pass(SECOND);
            assertThat(next.firedKeys()).containsExactly("a");
        }
    }

    /** One store by anybody with write access is no question, and does not stop a timer. */
    @Test
    void oneStore_isNoQuestion() throws Exception {
        for (long stored : List.of(Long.MAX_VALUE, fromNow(Duration.ofMinutes(1)), -1L, Long.MIN_VALUE)) {
            try (SimulatedApplication process = holder().start()) {
                TimerSlots<String> map = process.timers("t");
                write(stored);
                map.start("a", SECOND);
                process.pass(SECOND.multipliedBy(4));
                assertThat(process.firedKeys()).containsExactly("a");
                assertThat(question()).as("after " + stored).isZero();
                assertThat(process.backend.report().details()).containsEntry("recordsRepaired", 1L);
                assertThat(isUp(process)).isTrue();
                map.delete("a");
            }
        }
        try (SimulatedApplication process = holder().start()) {
            TimerSlots<String> map = process.timers("t");
            write(fromNow(SECOND.multipliedBy(5)));
            process.backend.handOver().run(); // a look would call it
            map.start("a", SECOND);
            process.pass(SECOND);
            assertThat(process.firedKeys()).containsExactly("a");
            assertThat(isUp(process)).isTrue();
        }
    }

    @Test
    void holderThatWouldNotAsk_isNotAsked() throws Exception {
        try (SimulatedApplication process =
                        new SimulatedApplication(kernel, ticker, KernelOptions.defaults(), true).start();
                Asker asker = new Asker()) {
            process.timers("t").start("a", SECOND.multipliedBy(3));
            for (int i = 0; i < 20; i++) {
                process.pass(Duration.ofMillis(200));
                Thread.sleep(20);
            }
            assertThat(process.firedKeys()).containsExactly("a");
            assertThat(isUp(process)).isTrue();
        }
    }

    private Future<?> blocked(SimulatedApplication process, CountDownLatch end) {
        CountDownLatch begun = new CountDownLatch(1);
        process.callback = firing -> {
            begun.countDown();
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        process.timers("t").start("long", Duration.ZERO);
        process.backend.pump();
        Future<?> run = threads.submit(() -> process.tasks.remove().run());
        await().atMost(PATIENCE).until(() -> begun.getCount() == 0);
        process.callback = firing -> {};
        return run;
    }

    /** Returns with a hand-over under way. One that found no live asker, which a busy machine held up, is begun again. */
    private Future<?> beginHandOver(SimulatedApplication process) {
        for (; ; ) {
            Future<?> handOver = threads.submit(() -> process.backend.handOver().run());
            await().atMost(PATIENCE).until(() -> endsRuns(process) || handOver.isDone());
            if (!handOver.isDone()) {
                return handOver;
            }
        }
    }

    private static boolean endsRuns(SimulatedApplication process) {
        return process.backend.report().reasons().stream().anyMatch(reason -> reason.contains("no run begins"));
    }

    /** A run that does not end keeps the timers still for 30 seconds, and not again before four times as long have passed. */
    @Test
    void runThatDoesNotEnd_holdsUpTheTimersForALimitedTime() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try (SimulatedApplication process = holder().start()) {
            Future<?> run = blocked(process, end); // before anybody asks: it pumps, and so would hand over besides
            try (Asker asker = new Asker()) {
                Future<?> handOver = beginHandOver(process);
                assertThat(isUp(process)).isTrue();
                ticker.advance(Duration.ofNanos(HandOver.NANOS + 1));
                handOver.get();
                assertThat(endsRuns(process)).isFalse();
                assertThat(isUp(process)).isTrue();
                TimerSlots<String> other = process.timers("other");
                for (int i = 0; i < 50; i++) {
                    other.start("a" + i, SECOND);
                    process.pass(SECOND.multipliedBy(2));
                    assertThat(process.firedKeys()).as("while the pause lasts").contains("a" + i);
                    assertThat(endsRuns(process)).isFalse();
                }
                ticker.advance(Duration.ofNanos(HandOver.PAUSE * HandOver.NANOS));
                await().atMost(PATIENCE).until(() -> {
                    ticker.advance(SECOND);
                    process.backend.pump();
                    return endsRuns(process);
                });
                end.countDown();
                run.get();
                await().atMost(PATIENCE).until(() -> {
                    if (isUp(process) && !process.backend.handOver().isUnderWay()) { // it found no live asker
                        ticker.advance(SECOND);
                        process.backend.pump();
                    }
                    return !isUp(process);
                });
            }
        } finally {
            end.countDown();
        }
    }

    /** What is asked of the application while it hands over counts when nothing comes of that. */
    @Test
    void stopDuringAHandOver_counts_whenNothingComesOfIt() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try (SimulatedApplication process = holder().start()) {
            Future<?> run = blocked(process, end);
            Future<?> handOver;
            try (Asker asker = new Asker()) {
                handOver = beginHandOver(process);
                process.backend.stop(Duration.ZERO);
            }
            write(0);
            handOver.get();
            process.timers("other").start("a", SECOND);
            process.pass(SECOND.multipliedBy(5));
            assertThat(process.firedKeys()).containsExactly("long");
            process.registry.start();
            process.pass(SECOND);
            assertThat(process.firedKeys()).containsExactly("long", "a");
            end.countDown();
            run.get();
        } finally {
            end.countDown();
        }
    }

    /** An asker that was killed while the runs ended: its question counts yet, and nobody would get the slots. */
    @Test
    void askerThatDied_getsNothing() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try (SimulatedApplication process = holder().start()) {
            Future<?> run = blocked(process, end);
            Future<?> handOver;
            try (Asker asker = new Asker()) {
                handOver = beginHandOver(process);
            }
            end.countDown();
            run.get();
            handOver.get();
            assertThat(question()).as("the question").isGreaterThan(ticker.monotonicNanos());
            assertThat(isUp(process)).isTrue();
            process.timers("other").start("a", SECOND);
            process.pass(SECOND);
            assertThat(process.firedKeys()).containsExactly("long", "a");
        } finally {
            end.countDown();
        }
    }

    @Test
    void question_thatWasTakenBack_isNotDecided() {
        HandOverQuestion question = new HandOverQuestion(kernel.header, ticker::monotonicNanos);
        assertThat(question.give()).isFalse();
        write(fromNow(SECOND));
        write(0);
        assertThat(question.give()).isFalse();
        assertThat(question()).isZero();
        write(fromNow(SECOND));
        assertThat(question.give()).isTrue();
        assertThat(question()).isEqualTo(HandOverQuestion.GIVEN);
        assertThat(question.clear()).as("the holder's own word is cleared").isFalse();
    }
}
