package io.asyncslot.jvm;

import io.asyncslot.SlotClock;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotSchedule;
import io.asyncslot.SlotValues;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.core.LocalContext;
import io.asyncslot.core.LocalTimerSlots;
import io.asyncslot.core.LocalValueTimerSlots;
import io.asyncslot.core.LocalValueWorkSlots;
import io.asyncslot.core.LocalWorkSlots;
import io.asyncslot.core.WallSteps;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.SystemTicker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Carries out every operation once, on slots of its own, when the first backend of the process is initialised. The first
 * use of a class runs its static initialiser, and that of a switch over an enum, a lambda or a record another one which
 * the compiler has made. An initialiser that meets the end of a stack, or a full heap, leaves its class broken for as long
 * as the process lives; so all of them run here, with room.
 */
final class Rehearsal {

    private static final int KEYS = 24;

    private static final AtomicBoolean HELD = new AtomicBoolean();

    private Rehearsal() {}

    /** Holds the rehearsal, unless this process has had one. */
    static void hold() {
        if (!HELD.getAndSet(true)) {
            boolean done = false;
            try {
                perform();
                done = true;
            } finally {
                if (!done) {
                    HELD.set(false);
                }
            }
        }
    }

    private static void perform() {
        JvmEngine engine = new JvmEngine(
                SystemTicker.instance(),
                1,
                new DriverSleep(SystemTicker.instance(), JvmOptions.defaults(), nanos -> {}),
                new WallSteps(SystemTicker.instance(), Runnable::run));
        LocalContext context = new LocalContext(
                JvmBackend.NAME,
                new BackendContext(SystemTicker.instance(), Runnable::run, (firing, took, failure) -> {}, KEYS),
                engine);
        engine.running(true);
        for (int history : new int[] {0, 2}) {
            operate(engine, context, history);
        }
        engine.close();
        engine.leave();
    }

    private static void operate(JvmEngine engine, LocalContext context, int history) {
        TimerSlots<String> timers = new LocalTimerSlots<>(
                TimerMapSpec.named("rehearsal-of-timers", String.class)
                        .maxEntries(KEYS)
                        .historySize(history)
                        .concurrency(history)
                        .callback((key, firing) -> firing.lateness())
                        .build(),
                context);
        WorkSlots<String> works = new LocalWorkSlots<>(
                WorkMapSpec.named("rehearsal-of-work", String.class)
                        .historySize(history)
                        .callback((key, firing) -> firing.lateness())
                        .build(),
                context);
        LocalValueTimerSlots<String, Integer> values = new LocalValueTimerSlots<>(
                TimerMapSpec.named("rehearsal-of-values", String.class)
                        .historySize(history)
                        .maxWait(Duration.ofHours(1))
                        .callback(
                                SlotValues.merging(Integer.class, Integer::sum),
                                (key, value, firing) -> again(firing, history))
                        .build(),
                context);
        LocalValueWorkSlots<String, Integer> collected = new LocalValueWorkSlots<>(
                WorkMapSpec.named("rehearsal-of-lists", String.class)
                        .historySize(history)
                        .collecting(
                                SlotValues.collect(Integer.class), (key, list, firing) -> again(firing, list.size()))
                        .build(),
                context);
        TimerSlots<String> periods = new LocalTimerSlots<>(
                TimerMapSpec.named("rehearsal-of-periods", String.class)
                        .historySize(history)
                        .clock(SlotClock.REALTIME)
                        .every(Duration.ofHours(1))
                        .callback((key, firing) -> again(firing, history))
                        .build(),
                context);
        Duration far = Duration.ofHours(1);
        WorkSlots<String> intervals = new LocalWorkSlots<>(
                WorkMapSpec.named("rehearsal-of-intervals", String.class)
                        .historySize(history)
                        .minInterval(far)
                        .callback((key, firing) -> firing.lateness())
                        .build(),
                context);
        TimerSlots<String> schedules = new LocalTimerSlots<>(
                TimerMapSpec.named("rehearsal-of-schedules", String.class)
                        .historySize(history)
                        .keySchedules(true)
                        .callback((key, firing) -> firing.restart(far))
                        .build(),
                context);
        values.start("key", far, 1);
        values.start("key", Duration.ZERO, 2);
        values.start("taken", far, 3);
        values.touch("taken", far);
        values.take("taken");
        collected.submit("key", 1);
        collected.submit("key", 2);
        periods.start("key");
        periods.touch("key");
        periods.touch("key", Duration.ZERO);
        intervals.submit("key");
        intervals.submit("key");
        intervals.cancel("key");
        intervals.delete("key");
        intervals.stats();
        schedules.start("key", SlotSchedule.every(far));
        schedules.start("key", after -> after.plus(far));
        schedules.touch("key");
        schedules.touch("key", Duration.ZERO);
        for (int i = 0; i < KEYS; i++) {
            timers.start("key" + i, far);
        }
        timers.start("no room", far);
        engine.pass();
        timers.start("key1", far.plus(far));
        timers.start("key1", far.dividedBy(2));
        timers.touch("key1", far);
        timers.touch("absent", far);
        timers.cancel("key2");
        timers.cancel("key2");
        timers.cancel("absent");
        timers.start("key2", far);
        timers.delete("key3");
        timers.delete("key3");
        timers.pause("key4");
        timers.start("key4", Duration.ZERO);
        timers.start("key5", Duration.ZERO);
        timers.pause();
        engine.pass();
        timers.resume();
        timers.resume("key4");
        works.submit("key");
        works.submit("key");
        works.pause("key");
        works.submit("key");
        works.submit("key");
        works.resume("key");
        works.delete("key");
        timers.find("key1");
        timers.stats();
        engine.nextWake();
        while (engine.pass()) {
            // until nothing is left to do
        }
        close(timers);
        close(works);
        close(values);
        close(collected);
        close(periods);
        close(intervals);
        close(schedules);
    }

    /** Asks for another delivery of a first one, in one of two ways. */
    private static void again(SlotFiring firing, int way) {
        if (firing.attempt() == 1 && !firing.isPostponed()) {
            if (way == 0) {
                firing.postpone(Duration.ofHours(1));
            } else {
                firing.retry(Duration.ZERO);
            }
        }
    }

    private static void close(SlotMap<String> map) {
        try {
            map.close(Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
