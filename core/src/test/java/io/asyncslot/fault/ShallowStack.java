package io.asyncslot.fault;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Operations at the end of a stack, in a process of its own, in which nothing was used before: a thread goes down to the
 * end of its stack, and on its way back up calls an operation from each depth. Prints what it found; ends with 0 if every
 * slot fires afterwards and nothing is left behind.
 */
public final class ShallowStack {

    private static final int KEYS = 300;
    private static final Duration FAR = Duration.ofHours(1);

    private final TimerSlots<Integer> timers;
    private final WorkSlots<Integer> works;
    private final AtomicIntegerArray runs = new AtomicIntegerArray(KEYS);
    private final AtomicIntegerArray worked = new AtomicIntegerArray(KEYS);
    private int next;
    private int thrown;
    private int accepted;

    private ShallowStack(AsyncSlotRegistry registry) {
        timers = registry.register(TimerMapSpec.named("timers", Integer.class)
                .callback((key, firing) -> runs.incrementAndGet(key))
                .build());
        works = registry.register(WorkMapSpec.named("works", Integer.class)
                .callback((key, firing) -> worked.incrementAndGet(key))
                .build());
    }

    /**
     * Runs it.
     *
     * @param arguments the operation; "inline" for an executor that runs tasks in the calling thread
     */
    public static void main(String[] arguments) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        Executor executor = arguments.length > 1 ? Runnable::run : threads;
        JvmBackend backend = new JvmBackend();
        AsyncSlotRegistry registry =
                new AsyncSlotRegistryBuilder(executor).backend(backend).build();
        registry.start();
        ShallowStack stack = new ShallowStack(registry);
        boolean done = stack.dive(arguments[0], backend);
        registry.close();
        threads.shutdownNow();
        SlotMapStats left = stack.timers.stats();
        System.out.println(left);
        System.exit(done && left.references() == 0 ? 0 : 1);
    }

    private boolean dive(String operation, JvmBackend backend) throws InterruptedException {
        if (!operation.startsWith("start") && !operation.equals("submit")) {
            for (int key = 0; key < KEYS; key++) {
                timers.start(key, FAR);
            }
        }
        for (int round = 0; round < 8; round++) {
            Thread diver = new Thread(null, () -> deeper(operation), "diver", 192 * 1_024);
            diver.start();
            diver.join();
        }
        System.out.println(operation + ": " + thrown + " at the end of the stack, " + accepted + " accepted");
        for (int key = 0; key < KEYS; key++) {
            timers.start(key, Duration.ofMillis(1));
            works.submit(key);
        }
        boolean fired = within(() -> {
            for (int key = 0; key < KEYS; key++) {
                if (runs.get(key) == 0 || worked.get(key) == 0) {
                    return false;
                }
            }
            return true;
        });
        System.out.println("all fired: " + fired);
        boolean rests = within(() -> rests(timers, backend) && rests(works, backend));
        System.out.println(timers.stats());
        System.out.println(works.stats());
        System.out.println(backend.report().details());
        return fired && rests && thrown > 0 && accepted > 0;
    }

    private static boolean rests(SlotMap<?> map, JvmBackend backend) {
        SlotMapStats stats = map.stats();
        return stats.references() == stats.slots()
                && stats.armed() == 0
                && stats.queued() == 0
                && stats.running() == 0
                && Long.valueOf(0).equals(backend.report().details().get("inFlight"));
    }

    private interface Condition {
        boolean holds();
    }

    private static boolean within(Condition condition) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() > end) {
                return false;
            }
            Thread.sleep(5);
        }
        return true;
    }

    /** Goes down to the end; on the way back up tries the operation, at each depth with another key. */
    private void deeper(String operation) {
        try {
            deeper(operation);
        } catch (StackOverflowError e) {
            // the deepest call: on the way up from here
        }
        if (accepted < 40 * (1 + thrown / KEYS) && next < KEYS * 8) {
            int key = next++ % KEYS;
            try {
                operate(operation, key);
                accepted++;
            } catch (StackOverflowError e) {
                thrown++;
            }
        }
    }

    private void operate(String operation, int key) {
        switch (operation) {
            case "start" -> timers.start(key, FAR);
            case "start-due" -> timers.start(key, Duration.ZERO);
            case "rearm" -> timers.start(key, FAR.plusHours(1));
            case "earlier" -> timers.start(key, Duration.ofMinutes(1));
            case "touch" -> timers.touch(key, Duration.ofMinutes(1));
            case "cancel" -> timers.cancel(key);
            case "delete" -> timers.delete(key);
            case "submit" -> works.submit(key);
            default -> throw new IllegalArgumentException(operation);
        }
    }
}
