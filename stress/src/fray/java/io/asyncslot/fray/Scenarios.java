package io.asyncslot.fray;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.AwaitOutcome;
import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.PauseOutcome;
import io.asyncslot.ResumeOutcome;
import io.asyncslot.RetryOutcome;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotScope;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkSlots;
import io.asyncslot.core.IndexProbe;
import io.asyncslot.jvm.HandDriver;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Pairs of operations and hand-overs, a few steps each: what must hold afterwards, in whatever order they happened. */
final class Scenarios {

    /** One of them; throws if something does not hold. */
    interface Scenario {
        void play(Rig rig) throws Exception;
    }

    private static final Duration MILLI = Duration.ofMillis(1);
    private static final Duration HOUR = Duration.ofHours(1);

    /** Those that wait with a limit, which Fray plays on a clock of its own. */
    static final Set<String> TIMED = Set.of("scope", "wake");

    private Scenarios() {}

    /** By name; the random mix takes its program from a seed. */
    static Map<String, Scenario> all(long seed) {
        Map<String, Scenario> all = new LinkedHashMap<>();
        all.put("permit", Scenarios::permit);
        all.put("permits", Scenarios::permits);
        all.put("one-permit", Scenarios::onePermit);
        all.put("two-permits", Scenarios::twoPermits);
        all.put("heir", Scenarios::heir);
        all.put("heir-parks", Scenarios::heirParks);
        all.put("former-leaves", Scenarios::formerLeaves);
        all.put("capacity", Scenarios::capacity);
        all.put("capacity-leaves", Scenarios::capacityOfASlotThatLeaves);
        all.put("two-creators", Scenarios::twoCreators);
        all.put("rebind", Scenarios::rebind);
        all.put("rebind-close", Scenarios::rebindAgainstClose);
        all.put("rebind-fire", Scenarios::rebindAgainstFire);
        all.put("pause-delete", Scenarios::pauseAgainstDelete);
        all.put("pause-resume", Scenarios::pauseAndResume);
        all.put("pause-clock", Scenarios::pauseBeforeDue);
        all.put("resume", Scenarios::resumeAgainstTheWorkerThatLetsGo);
        all.put("two-pauses", Scenarios::twoPauses);
        all.put("two-resumes", Scenarios::twoResumes);
        all.put("map-pause", Scenarios::mapPause);
        all.put("stop", Scenarios::stop);
        all.put("stop-start", Scenarios::stopAndStart);
        all.put("stop-drop", Scenarios::stopOfAnExecutorThatDrops);
        all.put("delete-drop", Scenarios::deleteOfWhatAnExecutorDrops);
        all.put("close", Scenarios::close);
        all.put("close-run", Scenarios::closeAgainstRun);
        all.put("start-delete-start", Scenarios::startDeleteStart);
        all.put("cancel-fire", Scenarios::cancelAgainstFire);
        all.put("delete-fire", Scenarios::deleteAgainstFire);
        all.put("touch-fire", Scenarios::touchAgainstFire);
        all.put("rearm-fire", Scenarios::rearmAgainstFire);
        all.put("kept-start", Scenarios::startOfAKeptSlotAgainstItsRun);
        all.put("submit-run", Scenarios::submitAgainstRun);
        all.put("values-fire", Scenarios::valuesAgainstFire);
        all.put("values-take", Scenarios::valuesAgainstTake);
        all.put("values-delete", Scenarios::valuesAgainstDelete);
        all.put("values-flush", Scenarios::valuesAgainstFlush);
        all.put("values-retry", Scenarios::valuesAgainstRetry);
        all.put("intake", Scenarios::intake);
        all.put("intake-claim", Scenarios::intakeClaim);
        all.put("withdraw", Scenarios::withdraw);
        all.put("refusal", Scenarios::refusal);
        all.put("refile", Scenarios::refile);
        all.put("refile-kept", Scenarios::refileKept);
        all.put("refile-sooner", Scenarios::refileSooner);
        all.put("await", Scenarios::await);
        all.put("scope", Scenarios::scope);
        all.put("wake", rig -> wake());
        all.put("wake-same", rig -> wakeForTheSameSlot());
        all.put("left-alone", rig -> leftAlone());
        all.put("timer-mix", rig -> mix(rig, rig.timers(new Random(seed).nextInt(3), 0), seed));
        all.put("work-mix", rig -> mix(rig, rig.works(new Random(seed).nextInt(3), 0), seed));
        return all;
    }

    private static void permit(Rig rig) throws Exception {
        WorkSlots<Integer> map = rig.works(1, 0);
        map.submit(1);
        map.submit(2);
        rig.settle();
        Rig.equal("runs", rig.runs.get(), 2);
        rig.check(map);
    }

    private static void permits(Rig rig) throws Exception {
        WorkSlots<Integer> map = rig.works(1, 0);
        Thread other = Rig.go(() -> map.submit(1));
        map.submit(2);
        map.submit(3);
        other.join();
        rig.settle();
        Rig.equal("runs", rig.runs.get(), 3);
        rig.check(map);
    }

    /** Each run waits until both submits have answered: with two permits for one, both would be inside. */
    private static void onePermit(Rig rig) throws Exception {
        CountDownLatch submitted = new CountDownLatch(2);
        AtomicInteger inside = new AtomicInteger();
        WorkSlots<Integer> map = rig.works(1, 0, (key, firing) -> {
            rig.ran(key, firing);
            if (inside.incrementAndGet() != 1) {
                rig.fault("two runs at once, the limit is 1");
            }
            submitted.await();
            inside.decrementAndGet();
        });
        Thread other = Rig.go(() -> {
            map.submit(1);
            submitted.countDown();
        });
        map.submit(2);
        submitted.countDown();
        other.join();
        rig.settle();
        Rig.equal("runs", rig.runs.get(), 2);
        rig.check(map);
    }

    /** Two permits that come back at once are there for two: in the end two runs wait for each other. */
    private static void twoPermits(Rig rig) throws Exception {
        CountDownLatch met = new CountDownLatch(2);
        WorkSlots<Integer> map = rig.works(2, 0, (key, firing) -> {
            rig.ran(key, firing);
            if (key > 3) {
                met.countDown();
                met.await();
            }
        });
        map.submit(1);
        map.submit(2);
        map.submit(3);
        rig.settle();
        map.submit(4);
        map.submit(5);
        rig.settle();
        Rig.equal("runs", rig.runs.get(), 5);
        rig.check(map);
    }

    private static void heir(Rig rig) throws Exception {
        WorkSlots<Integer> map = rig.works(0, 0);
        map.submit(1);
        map.delete(1);
        map.submit(1);
        rig.settle();
        rig.check(map);
        Rig.equal("slots", map.stats().slots(), 0);
    }

    /** The run of a new incarnation begins to wait for that of the former one, which comes to its end. */
    private static void heirParks(Rig rig) throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        WorkSlots<Integer> map = rig.works(0, 0, (key, firing) -> {
            rig.ran(key, firing);
            inside.countDown();
            goOn.await();
        });
        map.submit(1);
        inside.await();
        map.delete(1);
        map.submit(1);
        goOn.countDown();
        rig.settle();
        Rig.equal("runs", rig.runs.get(), 2);
        rig.check(map);
    }

    /** A new incarnation is deleted while the run of the former one, which it waits for, comes to its end. */
    private static void formerLeaves(Rig rig) throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        WorkSlots<Integer> map = rig.works(0, 0, (key, firing) -> {
            rig.ran(key, firing);
            inside.countDown();
            goOn.await();
        });
        map.submit(1);
        inside.await();
        map.delete(1);
        map.submit(1);
        goOn.countDown();
        map.delete(1);
        rig.settle();
        rig.check(map);
        Rig.equal("slots", map.stats().slots(), 0);
        if (map.find(1).isPresent() || map.awaitRun(1, Duration.ZERO) != AwaitOutcome.ENDED) {
            throw new AssertionError("a former incarnation has stayed");
        }
        closes(map);
    }

    private static void closes(SlotMap<?> map) throws InterruptedException {
        if (map.close(Duration.ZERO) != CloseOutcome.CLOSED) {
            throw new AssertionError("a close does not end");
        }
    }

    private static void capacity(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 1);
        AtomicInteger started = new AtomicInteger();
        Thread other = Rig.go(() -> started(map.start(1, HOUR), started));
        started(map.start(2, HOUR), started);
        other.join();
        Rig.equal("accepted at capacity 1", started.get(), 1);
    }

    /** Whoever has seen that a slot is gone finds its place free. */
    private static void capacityOfASlotThatLeaves(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 1);
        map.start(1, HOUR);
        Thread other = Rig.go(() -> map.cancel(1));
        if (map.find(1).isEmpty() && map.start(2, HOUR) != StartOutcome.STARTED) {
            throw new AssertionError("no place where a slot has gone");
        }
        other.join();
    }

    private static void started(StartOutcome outcome, AtomicInteger count) {
        if (outcome == StartOutcome.STARTED) {
            count.incrementAndGet();
        }
    }

    private static void twoCreators(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0);
        AtomicInteger started = new AtomicInteger();
        Thread other = Rig.go(() -> started(map.start(1, MILLI), started));
        started(map.start(1, MILLI), started);
        other.join();
        Rig.equal("new slots", started.get(), 1);
        rig.settle();
        Rig.equal("runs", rig.runs.get(), 1);
        rig.check(map);
    }

    private static void rebind(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0);
        AtomicInteger[] released = {new AtomicInteger(), new AtomicInteger()};
        Thread other = Rig.go(() -> map.rebind(rig::ran, released[0]::incrementAndGet));
        map.rebind(rig::ran, released[1]::incrementAndGet);
        other.join();
        closes(map);
        Rig.equal("releases of the first owner", released[0].get(), 1);
        Rig.equal("releases of the second owner", released[1].get(), 1);
    }

    private static void rebindAgainstClose(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0);
        AtomicInteger released = new AtomicInteger();
        Thread other = Rig.go(() -> map.rebind(rig::ran, released::incrementAndGet));
        closes(map);
        other.join();
        Rig.equal("releases", released.get(), 1);
    }

    /** No callback runs whose owner was released, and each owner is released once. */
    private static void rebindAgainstFire(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0);
        AtomicInteger[] released = {new AtomicInteger(), new AtomicInteger()};
        map.rebind(
                (key, firing) -> {
                    rig.ran(key, firing);
                    if (released[0].get() != 0) {
                        rig.fault("a run without its owner");
                    }
                },
                released[0]::incrementAndGet);
        map.start(1, MILLI);
        rig.advance(MILLI);
        rig.backend.pump();
        map.rebind(rig::ran, released[1]::incrementAndGet);
        rig.settle();
        rig.check(map);
        closes(map);
        Rig.equal("releases of the first owner", released[0].get(), 1);
        Rig.equal("releases of the second owner", released[1].get(), 1);
    }

    private static void pauseAgainstDelete(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0);
        map.start(1, MILLI);
        Thread other = Rig.go(() -> map.pause(1));
        map.delete(1);
        other.join();
        rig.settle();
        rig.check(map);
    }

    private static void pauseAndResume(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0);
        map.start(1, MILLI);
        Thread other = Rig.go(() -> {
            map.pause(1);
            map.resume(1);
        });
        rig.advance(MILLI);
        rig.backend.pump();
        other.join();
        rig.settle();
        Rig.equal("runs", rig.runs.get(), 1);
        rig.check(map);
    }

    /** What falls due after a pause has answered does not begin. */
    private static void pauseBeforeDue(Rig rig) throws Exception {
        AtomicLong held = new AtomicLong(-1);
        TimerSlots<Integer> map = rig.registry.register(TimerMapSpec.named("timers", Integer.class)
                .callback((key, firing) -> {
                    if (firing.generation() == held.get()) {
                        rig.fault("a run that fell due after its pause");
                    }
                    rig.ran(key, firing);
                })
                .build());
        map.start(1, MILLI);
        rig.advance(MILLI);
        rig.backend.pump();
        map.start(1, Duration.ofMillis(5));
        long generation = map.find(1).map(slot -> slot.generation()).orElse(-2L);
        map.pause(1);
        held.set(generation);
        rig.advance(Duration.ofMillis(10));
        rig.backend.pump();
        rig.join();
        held.set(-1);
        map.resume(1);
        rig.settle();
        rig.check(map);
    }

    private static void resumeAgainstTheWorkerThatLetsGo(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0);
        map.start(1, MILLI);
        map.pause(1);
        rig.advance(MILLI);
        rig.backend.pump();
        map.resume(1);
        rig.settle();
        Rig.equal("runs", rig.runs.get(), 1);
        rig.check(map);
    }

    private static void twoPauses(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0);
        map.start(1, HOUR);
        AtomicInteger paused = new AtomicInteger();
        Thread other = Rig.go(() -> paused.addAndGet(map.pause(1) == PauseOutcome.PAUSED ? 1 : 0));
        paused.addAndGet(map.pause(1) == PauseOutcome.PAUSED ? 1 : 0);
        other.join();
        Rig.equal("pauses that paused", paused.get(), 1);
        map.delete(1);
        rig.settle();
        rig.check(map);
    }

    private static void twoResumes(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0);
        map.start(1, HOUR);
        map.pause(1);
        AtomicInteger resumed = new AtomicInteger();
        Thread other = Rig.go(() -> resumed.addAndGet(map.resume(1) == ResumeOutcome.RESUMED ? 1 : 0));
        resumed.addAndGet(map.resume(1) == ResumeOutcome.RESUMED ? 1 : 0);
        other.join();
        Rig.equal("resumes that resumed", resumed.get(), 1);
        map.delete(1);
        rig.settle();
        rig.check(map);
    }

    private static void mapPause(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0);
        map.start(1, MILLI);
        Thread other = Rig.go(() -> {
            map.pause();
            map.resume();
        });
        rig.advance(MILLI);
        rig.backend.pump();
        other.join();
        rig.settle();
        Rig.equal("runs", rig.runs.get(), 1);
        rig.check(map);
    }

    private static void stop(Rig rig) throws Exception {
        WorkSlots<Integer> map = rig.works(0, 0);
        AtomicInteger atStop = new AtomicInteger(-1);
        Thread other = Rig.go(() -> {
            if (rig.registry.stop(Duration.ZERO)) {
                atStop.set(rig.runs.get());
            }
        });
        map.submit(1);
        rig.backend.pump();
        other.join();
        rig.join();
        if (atStop.get() >= 0) {
            Rig.equal("runs after a stop that was complete", rig.runs.get(), atStop.get());
        }
    }

    private static void stopAndStart(Rig rig) throws Exception {
        WorkSlots<Integer> map = rig.works(1, 0);
        Thread other = Rig.go(() -> {
            rig.registry.stop(Duration.ZERO);
            rig.registry.start();
        });
        map.submit(1);
        map.submit(2);
        rig.backend.pump();
        other.join();
        rig.settle();
        Rig.equal("runs", rig.runs.get(), 2);
        rig.check(map);
    }

    /** What an executor has dropped is in nobody's hands but ours: a stop brings it back, whenever it comes. */
    private static void stopOfAnExecutorThatDrops(Rig rig) throws Exception {
        WorkSlots<Integer> map = rig.works(0, 0);
        rig.drops.set(1);
        Thread other = Rig.go(() -> rig.registry.stop(Duration.ZERO));
        map.submit(1);
        rig.backend.pump();
        other.join();
        rig.backend.pump();
        rig.registry.start();
        rig.drops.set(0);
        rig.settle();
        Rig.equal("runs", rig.runs.get(), 1);
        rig.check(map);
    }

    private static void deleteOfWhatAnExecutorDrops(Rig rig) throws Exception {
        WorkSlots<Integer> map = rig.works(1, 0);
        rig.drops.set(1);
        Thread other = Rig.go(() -> map.delete(1));
        map.submit(1);
        other.join();
        map.delete(1); // should the first one have come too early
        rig.drops.set(0);
        map.submit(2); // with the permit of the one that is gone
        rig.settle();
        Rig.equal("runs", rig.runs.get(), 1);
        rig.check(map);
    }

    private static void close(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0);
        Thread other = Rig.go(() -> map.start(1, Duration.ZERO));
        map.close(Duration.ZERO); // does not wait for a start that is about to take back what it has made
        other.join();
        Rig.equal("slots, once the start has answered", map.stats().slots(), 0);
        closes(map);
        rig.settle();
        Rig.equal("slots", map.stats().slots(), 0);
        Rig.equal("runs", rig.runs.get(), 0);
        rig.check(map);
    }

    private static void closeAgainstRun(Rig rig) throws Exception {
        WorkSlots<Integer> map = rig.works(0, 0);
        map.submit(1);
        int atClose = map.close(Duration.ZERO) == CloseOutcome.CLOSED ? rig.runs.get() : -1;
        rig.settle();
        closes(map);
        if (atClose >= 0) {
            Rig.equal("runs after a close", rig.runs.get(), atClose);
        }
        Rig.equal("slots", map.stats().slots(), 0);
        rig.check(map);
    }

    private static void startDeleteStart(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0);
        Thread first = Rig.go(() -> map.start(1, Duration.ZERO));
        Thread second = Rig.go(() -> map.delete(1));
        map.start(1, Duration.ZERO);
        first.join();
        second.join();
        rig.settle();
        rig.check(map);
    }

    /** Armed and due, with a worker about to run it. */
    private static TimerSlots<Integer> due(Rig rig) {
        TimerSlots<Integer> map = rig.timers(0, 0);
        map.start(1, MILLI);
        rig.advance(MILLI);
        rig.backend.pump();
        return map;
    }

    private static void cancelAgainstFire(Rig rig) throws Exception {
        TimerSlots<Integer> map = due(rig);
        boolean cancelled = map.cancel(1) == CancelOutcome.CANCELLED;
        rig.settle();
        Rig.equal("runs", rig.runs.get(), cancelled ? 0 : 1);
        rig.check(map);
    }

    private static void deleteAgainstFire(Rig rig) throws Exception {
        TimerSlots<Integer> map = due(rig);
        DeleteOutcome outcome = map.delete(1);
        int runs = outcome == DeleteOutcome.DELETED_WHILE_RUNNING ? 1 : rig.runs.get();
        rig.settle();
        Rig.equal("runs", rig.runs.get(), runs);
        Rig.equal("slots", map.stats().slots(), 0);
        rig.check(map);
    }

    private static void touchAgainstFire(Rig rig) throws Exception {
        TimerSlots<Integer> map = due(rig);
        TouchOutcome outcome = map.touch(1, HOUR);
        rig.settle();
        Rig.equal("runs", rig.runs.get(), outcome == TouchOutcome.MOVED ? 0 : 1);
        map.cancel(1);
        rig.settle();
        rig.check(map);
    }

    private static void rearmAgainstFire(Rig rig) throws Exception {
        TimerSlots<Integer> map = due(rig);
        StartOutcome outcome = map.start(1, MILLI);
        rig.settle();
        Rig.equal("runs", rig.runs.get(), outcome == StartOutcome.REARMED ? 1 : 2);
        rig.check(map);
    }

    private static void startOfAKeptSlotAgainstItsRun(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0, WhenIdle.KEEP);
        map.start(1, MILLI);
        rig.advance(MILLI);
        rig.backend.pump();
        StartOutcome outcome = map.start(1, MILLI);
        rig.settle();
        Rig.equal("runs", rig.runs.get(), outcome == StartOutcome.REARMED ? 1 : 2);
        rig.check(map);
    }

    private static void submitAgainstRun(Rig rig) throws Exception {
        WorkSlots<Integer> map = rig.works(0, 0);
        map.submit(1);
        Thread other = Rig.go(() -> map.submit(1));
        map.submit(1);
        other.join();
        rig.settle();
        rig.check(map);
    }

    /** What is accepted goes to the run that begins, or to the next one. */
    private static void valuesAgainstFire(Rig rig) throws Exception {
        ValueBooks books = new ValueBooks();
        ValueTimerSlots<Integer, Integer> map = rig.batches(books, 0);
        books.start(map, MILLI, 1);
        rig.advance(MILLI);
        rig.backend.pump();
        Thread other = Rig.go(() -> books.start(map, MILLI, 2));
        books.start(map, MILLI, 3);
        other.join();
        rig.settle();
        books.check();
        rig.check(map);
    }

    private static void valuesAgainstTake(Rig rig) throws Exception {
        ValueBooks books = new ValueBooks();
        ValueTimerSlots<Integer, Integer> map = rig.batches(books, 0);
        books.start(map, MILLI, 1);
        rig.advance(MILLI);
        rig.backend.pump();
        Thread giver = Rig.go(() -> books.start(map, MILLI, 2));
        Thread other = Rig.go(() -> books.take(map));
        books.take(map);
        giver.join();
        other.join();
        rig.settle();
        books.check();
        rig.check(map);
    }

    private static void valuesAgainstDelete(Rig rig) throws Exception {
        ValueBooks books = new ValueBooks();
        ValueTimerSlots<Integer, Integer> map = rig.batches(books, 0);
        books.start(map, MILLI, 1);
        rig.advance(MILLI);
        rig.backend.pump();
        Thread giver = Rig.go(() -> books.start(map, MILLI, 2));
        Thread taker = Rig.go(() -> books.take(map));
        books.delete(map);
        giver.join();
        taker.join();
        rig.settle();
        books.check();
        rig.check(map);
    }

    /** The value that makes a slot due at once against one that comes at the same time, while the driver looks. */
    private static void valuesAgainstFlush(Rig rig) throws Exception {
        ValueBooks books = new ValueBooks();
        ValueTimerSlots<Integer, Integer> map = rig.batches(books, 2);
        Thread giver = Rig.go(() -> books.start(map, HOUR, 1));
        Thread other = Rig.go(() -> books.start(map, HOUR, 2));
        books.start(map, HOUR, 3);
        rig.backend.pump();
        giver.join();
        other.join();
        rig.settle();
        books.take(map);
        rig.settle();
        books.check();
        rig.check(map);
    }

    /** A firing that is delivered again hands its values on: to its next attempt, with what was accepted meanwhile. */
    private static void valuesAgainstRetry(Rig rig) throws Exception {
        ValueBooks books = new ValueBooks();
        AtomicInteger failures = new AtomicInteger(1);
        rig.registry.register(TimerMapSpec.named("batches", Integer.class)
                .collecting(SlotValues.collect(Integer.class), (key, values, firing) -> {
                    rig.ran(key, firing);
                    RetryOutcome outcome =
                            failures.getAndDecrement() > 0 ? firing.retry(MILLI) : RetryOutcome.WITHDRAWN;
                    if (outcome == RetryOutcome.WITHDRAWN || outcome == RetryOutcome.FREED) {
                        books.handed(values);
                    } // else they are pending again, or went to what was
                })
                .build());
        ValueTimerSlots<Integer, Integer> map = rig.registry.timers("batches", Integer.class, Integer.class);
        books.start(map, MILLI, 1);
        rig.advance(MILLI);
        rig.backend.pump();
        Thread giver = Rig.go(() -> books.start(map, MILLI, 2));
        books.take(map);
        giver.join();
        rig.settle();
        books.check();
        rig.checkFault();
    }

    /** The command of one start is found, claimed or taken by another while the driver drains. */
    private static void intake(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0);
        Thread first = Rig.go(() -> map.start(1, HOUR));
        Thread second = Rig.go(() -> map.start(1, MILLI));
        rig.backend.pump();
        first.join();
        second.join();
        if (map.find(1).map(slot -> slot.timeLeft().compareTo(MILLI) <= 0).orElse(false)) {
            rig.settle();
            Rig.equal("runs", rig.runs.get(), 1);
        }
        map.delete(1);
        rig.settle();
        Rig.equal("slots", map.stats().slots(), 0);
        rig.check(map);
    }

    /** A filed slot is armed for sooner, for later and for sooner again while the driver drains: the last one counts. */
    private static void intakeClaim(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0, WhenIdle.KEEP);
        map.start(1, HOUR);
        rig.backend.pump();
        Thread other = Rig.go(() -> {
            map.start(1, MILLI.multipliedBy(1_000));
            map.start(1, HOUR);
            map.start(1, MILLI);
        });
        rig.backend.pump();
        other.join();
        rig.settle();
        Rig.equal("runs", rig.runs.get(), 1);
        rig.check(map);
    }

    private static void withdraw(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0);
        Thread other = Rig.go(() -> {
            map.start(1, HOUR);
            map.delete(1);
        });
        rig.backend.pump();
        other.join();
        rig.settle();
        Rig.equal("slots", map.stats().slots(), 0);
        rig.check(map);
    }

    private static void refusal(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(1, 0);
        rig.refusals.set(2);
        map.start(1, Duration.ZERO);
        map.start(2, Duration.ZERO);
        Thread other = Rig.go(() -> map.delete(1));
        rig.backend.pump();
        other.join();
        rig.settle();
        Rig.equal("slots", map.stats().slots(), 0);
        rig.check(map);
    }

    private static void refile(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0);
        map.start(1, MILLI);
        rig.backend.pump();
        rig.advance(MILLI);
        Thread other = Rig.go(() -> {
            map.cancel(1);
            map.start(1, MILLI);
            map.delete(1);
        });
        rig.backend.pump();
        other.join();
        rig.settle();
        Rig.equal("slots", map.stats().slots(), 0);
        rig.check(map);
    }

    /** The driver lets go of a cancelled slot, which is armed and deleted again meanwhile: it is not filed in the end. */
    private static void refileKept(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0, WhenIdle.KEEP);
        map.start(1, MILLI);
        rig.backend.pump();
        map.cancel(1);
        rig.advance(MILLI);
        Thread other = Rig.go(() -> {
            map.start(1, HOUR);
            map.delete(1);
        });
        rig.backend.pump();
        other.join();
        rig.settle();
        Rig.equal("slots", map.stats().slots(), 0);
        rig.check(map);
    }

    /** A slot that was put off is filed anew, and armed for sooner meanwhile. */
    private static void refileSooner(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0);
        map.start(1, MILLI);
        rig.backend.pump();
        map.start(1, HOUR);
        rig.advance(MILLI);
        Thread other = Rig.go(() -> map.start(1, MILLI));
        rig.backend.pump();
        other.join();
        rig.settle();
        Rig.equal("runs", rig.runs.get(), 1);
        rig.check(map);
    }

    private static void await(Rig rig) throws Exception {
        WorkSlots<Integer> map = rig.works(0, 0);
        map.submit(1);
        CancelOutcome outcome = map.cancelAndAwait(1, Duration.ZERO);
        if (outcome != CancelOutcome.TIMED_OUT) {
            int runs = rig.runs.get();
            Rig.equal("runs", runs, outcome == CancelOutcome.CANCELLED ? 0 : 1);
        }
        rig.settle();
        Rig.equal("runs after the wait", rig.runs.get(), outcome == CancelOutcome.CANCELLED ? 0 : 1);
        rig.check(map);
    }

    private static void scope(Rig rig) throws Exception {
        TimerSlots<Integer> map = rig.timers(0, 0);
        SlotScope scope = rig.registry.scope("scope");
        TimerSlots<Integer> scoped = scope.timers(map.name(), Integer.class);
        Thread other = Rig.go(() -> scoped.start(1, HOUR));
        scope.close();
        other.join();
        rig.settle();
        Rig.equal("slots", map.stats().slots(), 0);
        rig.check(map);
    }

    /** Three threads of three random operations each on two keys. */
    private static void mix(Rig rig, SlotMap<Integer> map, long seed) throws Exception {
        Random random = new Random(seed);
        rig.refusals.set(random.nextInt(3));
        Thread[] threads = new Thread[3];
        for (int i = 0; i < threads.length; i++) {
            int[] operations = random.ints(3, 0, 20).toArray();
            threads[i] = Rig.go(() -> {
                for (int operation : operations) {
                    operate(map, operation & 1, operation >> 1);
                }
            });
        }
        for (int i = 0; i < 4; i++) {
            rig.backend.pump();
            rig.advance(MILLI);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        map.resume(0);
        map.resume(1);
        rig.settle();
        rig.check(map);
    }

    private static void operate(SlotMap<Integer> map, int key, int operation) {
        switch (operation) {
            case 0, 1, 2, 3 -> arm(map, key);
            case 4 -> map.cancel(key);
            case 5, 6, 7 -> map.delete(key);
            case 8 -> {
                map.pause(key);
                map.resume(key);
            }
            default -> {
                if (map instanceof TimerSlots<Integer> timers) {
                    timers.touch(key, MILLI);
                }
            }
        }
    }

    private static void arm(SlotMap<Integer> map, int key) {
        if (map instanceof TimerSlots<Integer> timers) {
            timers.start(key, MILLI);
        } else if (map instanceof WorkSlots<Integer> works) {
            works.submit(key);
        }
    }

    /** On the real timer thread, with virtual time: nobody's earlier deadline is slept through. */
    private static void wake() throws Exception {
        AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
                .backend(new JvmBackend())
                .build();
        registry.start();
        CountDownLatch done = new CountDownLatch(2);
        AtomicLong late = new AtomicLong();
        TimerSlots<Integer> map = registry.register(TimerMapSpec.named("timers", Integer.class)
                .callback((key, firing) -> {
                    late.accumulateAndGet(firing.lateness().toMillis(), Math::max);
                    done.countDown();
                })
                .build());
        Thread other = Rig.go(() -> map.start(1, Duration.ofSeconds(5)));
        map.start(2, Duration.ofSeconds(2));
        other.join();
        done.await();
        registry.close();
        if (late.get() > 500) {
            throw new AssertionError("late by " + late.get() + " ms");
        }
    }

    /** One slot, armed for sooner while its first command is being pushed, and a driver that sleeps until in between. */
    private static void wakeForTheSameSlot() throws Exception {
        HandDriver driver = new HandDriver();
        AsyncSlotRegistry registry = standingStill(driver);
        TimerSlots<Integer> map = registry.timers("timers", Integer.class);
        map.start(2, MILLI.multipliedBy(4));
        driver.backend.pump();
        Thread[] other = new Thread[1];
        StartOutcome[] outcome = new StartOutcome[1];
        driver.sleepWhile(nanos -> {
            other[0] = Rig.go(() -> map.start(1, MILLI.multipliedBy(8)));
            for (int i = 0; i < 3 && IndexProbe.incarnations(map) < 2; i++) {
                // until the other has published it, if that does not take long
            }
            outcome[0] = map.start(1, MILLI.multipliedBy(2));
        });
        driver.pass(); // for what was sooner, it takes all there is by now
        boolean slept = sleepsPast(driver, MILLI.multipliedBy(2), other[0]);
        if (outcome[0] == StartOutcome.REARMED && slept) {
            throw new AssertionError("a deadline is slept through");
        }
        registry.close();
    }

    /** A command is pushed while a driver takes all there is, for one that was withdrawn: then that sleeps no longer than it allows. */
    private static void leftAlone() throws Exception {
        HandDriver driver = new HandDriver();
        AsyncSlotRegistry registry = standingStill(driver);
        TimerSlots<Integer> map = registry.timers("timers", Integer.class);
        driver.backend.pump();
        map.start(2, MILLI);
        map.delete(2);
        Thread other = Rig.go(() -> map.start(1, MILLI.multipliedBy(8)));
        driver.pass();
        boolean slept = sleepsPast(driver, MILLI.multipliedBy(8), other);
        other.join();
        if (slept) {
            throw new AssertionError("a deadline is slept through");
        }
        registry.close();
    }

    /** A registry on a clock that stands still, driven by hand, with the map "timers". */
    private static AsyncSlotRegistry standingStill(HandDriver driver) {
        AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
                .ticker(standingStill())
                .backend(driver.backend)
                .build();
        registry.register(TimerMapSpec.named("timers", Integer.class)
                .callback((key, firing) -> {})
                .build());
        registry.start();
        return registry;
    }

    /** Whether the driver sleeps past a deadline, and nobody wakes it, by the end of another thread. */
    private static boolean sleepsPast(HandDriver driver, Duration deadline, Thread other) {
        boolean[] slept = new boolean[1];
        driver.sleepWhile(nanos -> {
            try {
                other.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            slept[0] = nanos > deadline.toNanos() && driver.isAsleep();
        });
        return slept[0];
    }

    private static Ticker standingStill() {
        return new Ticker() {
        @Override
        public long monotonicNanos() {
            return 0;
        }

        @Override
        public long realtimeNanos() {
            return 0;
        }

        @Override
        public long boottimeNanos() {
            return 0;
        }
    };
    }
}
