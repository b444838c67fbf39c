package io.asyncslot.fray;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import io.asyncslot.SlotValues;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.core.IndexProbe;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** A registry whose time and driver are the scenario's, with a thread per run, and the books that must balance at the end. */
final class Rig implements Executor, Ticker {

    /** What may throw. */
    interface Action {
        void run() throws Exception;
    }

    private static final int ROUNDS = 6;
    private static final int STEPS_OF_A_RUN = 5;
    private static final int LONGEST_BACK_OFF = 40;
    private static final Duration STEP = Duration.ofMillis(2);

    final JvmBackend backend = JvmBackend.manual();
    final AsyncSlotRegistry registry;
    final AtomicInteger runs = new AtomicInteger();

    /** How many hand-overs the executor refuses from now on. */
    final AtomicInteger refusals = new AtomicInteger();

    /** How many hand-overs it takes from now on, and forgets. */
    final AtomicInteger drops = new AtomicInteger();

    private final AtomicLong nanos = new AtomicLong();
    private final ConcurrentLinkedQueue<Thread> workers = new ConcurrentLinkedQueue<>();
    private final Map<Integer, AtomicInteger> running = new ConcurrentHashMap<>();
    private final AtomicInteger active = new AtomicInteger();
    private final AtomicReference<String> fault = new AtomicReference<>();
    private int limit;

    Rig() {
        registry = new AsyncSlotRegistryBuilder(this).ticker(this).backend(backend).build();
        registry.start();
    }

    @Override
    public long monotonicNanos() {
        return nanos.get();
    }

    @Override
    public long realtimeNanos() {
        return nanos.get();
    }

    @Override
    public long boottimeNanos() {
        return nanos.get();
    }

    @Override
    public void execute(Runnable task) {
        if (refusals.get() > 0 && refusals.getAndDecrement() > 0) {
            throw new RejectedExecutionException("full");
        }
        if (drops.get() > 0 && drops.getAndDecrement() > 0) {
            return;
        }
        Thread worker = new Thread(task);
        workers.add(worker);
        worker.start();
    }

    static Thread go(Action action) {
        Thread thread = new Thread(() -> {
            try {
                action.run();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        thread.start();
        return thread;
    }

    /** What every callback of a scenario does: at most one run of a key, and no more at once than the map admits. */
    void ran(Integer key, SlotFiring firing) {
        AtomicInteger ofKey = running.computeIfAbsent(key, same -> new AtomicInteger());
        if (ofKey.incrementAndGet() != 1) {
            fault("two runs of key " + key + " at once");
        }
        if (firing.lateness().isNegative()) {
            fault("a run of key " + key + " is early");
        }
        int now = active.incrementAndGet();
        if (limit != 0 && now > limit) {
            fault(now + " runs at once, the limit is " + limit);
        }
        runs.incrementAndGet();
        for (int i = 0; i < STEPS_OF_A_RUN; i++) {
            active.get();
        }
        active.decrementAndGet();
        ofKey.decrementAndGet();
    }

    void fault(String what) {
        fault.compareAndSet(null, what);
    }

    TimerSlots<Integer> timers(int concurrency, int maxEntries) {
        return timers(concurrency, maxEntries, WhenIdle.FREE);
    }

    TimerSlots<Integer> timers(int concurrency, int maxEntries, WhenIdle whenIdle) {
        limit = concurrency;
        return registry.register(TimerMapSpec.named("timers", Integer.class)
                .concurrency(concurrency)
                .maxEntries(maxEntries)
                .whenIdle(whenIdle)
                .callback(this::ran)
                .build());
    }

    WorkSlots<Integer> works(int concurrency, int maxEntries) {
        limit = concurrency;
        return works(concurrency, maxEntries, this::ran);
    }

    WorkSlots<Integer> works(int concurrency, int maxEntries, SlotCallback<Integer> callback) {
        return registry.register(WorkMapSpec.named("works", Integer.class)
                .concurrency(concurrency)
                .maxEntries(maxEntries)
                .callback(callback)
                .build());
    }

    /** A map that collects; a batch is booked by who is handed it. */
    ValueTimerSlots<Integer, Integer> batches(ValueBooks books, int flushAt) {
        registry.register(TimerMapSpec.named("batches", Integer.class)
                .collecting(SlotValues.collect(Integer.class), (key, values, firing) -> {
                    books.handed(values);
                    ran(key, firing);
                })
                .flushAt(flushAt)
                .build());
        return registry.timers("batches", Integer.class, Integer.class);
    }

    void advance(Duration span) {
        nanos.addAndGet(span.toNanos());
    }

    void join() throws InterruptedException {
        for (Thread worker = workers.poll(); worker != null; worker = workers.poll()) {
            worker.join();
        }
    }

    /** Lets everything happen that is due within a few milliseconds. */
    void settle() throws InterruptedException {
        for (int i = 0; i < ROUNDS; i++) {
            backend.pump();
            join();
            advance(STEP);
        }
        backend.pump();
        join();
    }

    /** At rest every start is accounted for once, and what is gone holds no reference and no place in wheel or index. */
    void check(SlotMap<?> map) throws InterruptedException {
        checkFault();
        for (int i = 0; i < LONGEST_BACK_OFF && backend.pump() != Long.MAX_VALUE; i++) {
            join();
            advance(STEP);
        }
        equal("when something is due", backend.pump(), Long.MAX_VALUE);
        SlotMapStats stats = map.stats();
        equal("armed", stats.armed(), 0);
        equal("running", stats.running(), 0);
        equal("queued", stats.queued(), 0);
        equal("paused", stats.paused(), 0);
        equal("starts", stats.started(), stats.fired() + stats.cancelled() + stats.deletedArmed() + stats.skipped());
        equal("fired", stats.fired(), runs.get());
        equal("references", stats.references(), stats.slots());
        equal("incarnations in the index", IndexProbe.incarnations(map), stats.slots());
        equal("in flight", ((Number) backend.report().details().get("inFlight")).longValue(), 0);
    }

    void checkFault() {
        String found = fault.get();
        if (found != null) {
            throw new AssertionError(found);
        }
    }

    static void equal(String what, long is, long expected) {
        if (is != expected) {
            throw new AssertionError(what + " is " + is + ", should be " + expected);
        }
    }
}
