package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CancelOutcome;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.Ticker;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Slots that a user's own BPF programs touch, in the kernel of this machine. */
@SuppressWarnings("try") // what is attached is attached while the block goes on
class RealTouchTests {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String MAP = "idle";
    private static final long MILLI = 1_000_000;

    private final ExecutorService executor = Executors.newFixedThreadPool(2);
    private final Queue<SlotFiring> fired = new ConcurrentLinkedQueue<>();
    private final Path pinPath = RealKernel.freshPinPath();

    @BeforeAll
    static void needPins() {
        RealKernel.assumePins();
    }

    /** As the loader of an application does it, once. */
    @BeforeEach
    void load() {
        assertThat(loader("--capacity", "1024", "--key-bytes", "32", "--touchable"))
                .isZero();
    }

    @AfterEach
    void drop() {
        executor.shutdownNow();
        assertThat(loader("--drop")).isZero();
        assertThat(pinPath).doesNotExist();
    }

    private int loader(String... more) {
        List<String> arguments = new ArrayList<>(List.of("--pin-path", pinPath.toString()));
        arguments.addAll(List.of(more));
        return new KernelLoader(System.out, System.err).run(arguments);
    }

    private static KernelOptions options() {
        return KernelOptions.defaults().withTouchable(Set.of(MAP));
    }

    private AsyncSlotRegistry registry() {
        return new AsyncSlotRegistryBuilder(executor)
                .backend(new KernelBackend(RealKernel.settings(1_024, pinPath), options()))
                .build();
    }

    private static TimerMapSpec<Integer> spec(Duration delay, SlotCallback<? super Integer> callback) {
        return TimerMapSpec.named(MAP, Integer.class)
                .delay(delay)
                .historySize(8)
                .whenIdle(WhenIdle.KEEP)
                .callback(callback)
                .build();
    }

    private static long detail(AsyncSlotRegistry registry, String name) {
        return ((Number) registry.backends().get(0).details().get(name)).longValue();
    }

    private static void assumeMeasuredByTheKernel(AsyncSlotRegistry registry) {
        try {
            await().atMost(Duration.ofSeconds(10)).until(() -> detail(registry, "fallbacksNow") == 0);
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            assumeTrue(false, "SKIPPED: the kernel had no memory for a while (-ENOMEM)");
        }
    }

    /** XDP and tc, by test runs: a slot of 400 ms that is touched for two seconds fires once, 400 ms after the last. */
    @Test
    void programs_touchByKey_andTheApplicationHearsOfTheEnd() throws Exception {
        Duration delay = Duration.ofMillis(400);
        for (String program : List.of("on_xdp", "on_tc")) {
            fired.clear();
            try (AsyncSlotRegistry registry = registry()) {
                TimerSlots<Integer> map = registry.register(spec(delay, (key, firing) -> fired.add(firing)));
                registry.start();
                try (Toucher toucher = Toucher.load(pinPath)) {
                    toucher.run(program, 7, 1);
                    long absent = toucher.absent();
                    assertThat(absent).isPositive();
                    assertThat(map.start(7)).isEqualTo(StartOutcome.STARTED);
                    assumeMeasuredByTheKernel(registry);
                    long events = detail(registry, "fired");
                    Instant touched = Instant.now();
                    long end = System.nanoTime() + 2_000 * MILLI;
                    long longest = 0;
                    long last = System.nanoTime();
                    int times = 0;
                    while (System.nanoTime() < end) {
                        touched = Instant.now();
                        toucher.run(program, 7, 1);
                        times++;
                        longest = Math.max(longest, System.nanoTime() - last);
                        last = System.nanoTime();
                        LockSupport.parkNanos(10 * MILLI);
                    }
                    boolean silent = fired.isEmpty();
                    long meanwhile = detail(registry, "fired") - events;
                    Instant due = map.find(7).orElseThrow().deadline();
                    longest = Math.max(longest, System.nanoTime() - last);
                    assumeTrue(longest < delay.toNanos() / 2, "SKIPPED: this thread had no CPU for a while");
                    assertThat(toucher.touched()).isEqualTo(times);
                    assertThat(silent).as(program).isTrue();
                    assertThat(meanwhile).as("events meanwhile").isZero();
                    assertThat(detail(registry, "touchRearms")).isPositive();
                    assertThat(due)
                            .isBetween(
                                    touched.plus(delay).minusMillis(5),
                                    Instant.now().plus(delay));
                    await().atMost(PATIENCE).until(() -> fired.size() == 1);
                    assertThat(fired.element().firedAt())
                            .isAfterOrEqualTo(touched.plus(delay).minusMillis(5));
                    assertThat(fired.element().lateness().isNegative()).isFalse();
                    assertThat(detail(registry, "fired") - events).isEqualTo(1);
                    map.delete(7);
                    map.find(7);
                    long before = toucher.touched();
                    await().atMost(PATIENCE).until(() -> {
                        toucher.run(program, 7, 1);
                        return toucher.absent() > absent;
                    });
                    assertThat(toucher.touched() - before)
                            .as("after the delete")
                            .isLessThan(50);
                }
            }
        }
    }

    /** A packet each five milliseconds, seen by programs that are attached to this process's control group. */
    @Test
    void packetsOfAConnection_keepItsSlot() throws Exception {
        try (OwnCgroup group = new OwnCgroup();
                AsyncSlotRegistry registry = registry();
                ServerSocket server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
            TimerSlots<Integer> map =
                    registry.register(spec(Duration.ofMillis(500), (key, firing) -> fired.add(firing)));
            registry.start();
            for (String program : List.of("on_egress", "on_sockops")) {
                fired.clear();
                try (Toucher toucher = Toucher.load(pinPath);
                        AutoCloseable ignored = toucher.attach(program, group.path());
                        Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
                        Socket accepted = server.accept()) {
                    client.setTcpNoDelay(true);
                    accepted.setTcpNoDelay(true);
                    int port = client.getLocalPort();
                    map.start(port);
                    assumeMeasuredByTheKernel(registry);
                    long events = detail(registry, "fired");
                    long end = System.nanoTime() + 2_000 * MILLI;
                    long longest = 0;
                    long last = System.nanoTime();
                    while (System.nanoTime() < end) {
                        client.getOutputStream().write(1);
                        accepted.getInputStream().read();
                        accepted.getOutputStream().write(1); // whose acknowledgement tells the round trip
                        client.getInputStream().read();
                        longest = Math.max(longest, System.nanoTime() - last);
                        last = System.nanoTime();
                        LockSupport.parkNanos(5 * MILLI);
                    }
                    boolean silent = fired.isEmpty();
                    long meanwhile = detail(registry, "fired") - events;
                    longest = Math.max(longest, System.nanoTime() - last);
                    assumeTrue(longest < 250 * MILLI, "SKIPPED: this thread had no CPU for a while");
                    assertThat(toucher.touched()).as(program).isGreaterThan(20);
                    assertThat(silent).as(program).isTrue();
                    assertThat(meanwhile).as("events meanwhile").isZero();
                    await().atMost(PATIENCE).until(() -> fired.size() == 1);
                    assertThat(fired.element().key()).isEqualTo(port);
                }
            }
        } catch (KernelException e) {
            assumeTrue(
                    !String.valueOf(e.getMessage()).startsWith("mount"),
                    "SKIPPED: this user may not mount the control groups: " + e.getMessage());
            throw e;
        }
    }

    /**
     * Sample: a server's idle connections are closed by their slots, which packets touch. While packets flow the JVM does nothing
     * for them, afterwards each slot fires once. The rate depends on the machine and is printed.
     */
    @Test
    void idleConnectionsOfAServer_areClosedByTheirSlots() throws Exception {
        IdleConnections.Counters counters;
        try {
            counters = IdleConnections.run(pinPath, 8, 2, 3);
        } catch (KernelException e) {
            assumeTrue(
                    !String.valueOf(e.getMessage()).startsWith("mount"),
                    "SKIPPED: this user may not mount the control groups: " + e.getMessage());
            throw e;
        }
        System.out.println(counters.table());
        assertThat(counters.expiries()).isEqualTo(8);
        assertThat(counters.early()).as("never early").isZero();
        assertThat(counters.lost()).isZero();
        assertThat(counters.doubled()).isZero();
        assertThat(counters.operations()).as("operations of the JVM on slots").isZero();
        assumeTrue(counters.starved() == 0, "SKIPPED: a client had no CPU for as long as its slot waits");
        assertThat(counters.events()).as("events while packets flow").isZero();
        assertThat(counters.touches()).isGreaterThan(1_000);
        assertThat(counters.rearms()).as("timers set again by the kernel").isPositive();
    }

    /**
     * Knows by which reading a run was begun: a run takes one of the wall clock next to it, which nothing else here does. Now and then
     * a reader is held up before it gets its reading, as a thread without a CPU is.
     */
    private static final class NotedTicker implements Ticker {
        private final Ticker clock = new KernelTicker();
        private final ThreadLocal<Long> latest = ThreadLocal.withInitial(() -> 0L);
        private final ThreadLocal<Long> begun = ThreadLocal.withInitial(() -> 0L);

        @Override
        public long monotonicNanos() {
            long now = clock.monotonicNanos();
            latest.set(now);
            if (ThreadLocalRandom.current().nextInt(64) == 0) {
                LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(2 * MILLI));
            }
            return now;
        }

        @Override
        public long realtimeNanos() {
            begun.set(latest.get());
            return clock.realtimeNanos();
        }

        @Override
        public long boottimeNanos() {
            return clock.boottimeNanos();
        }

        /** In a callback: the reading that its run was begun by. The run has looked at the last touch after that. */
        long begun() {
            return begun.get();
        }
    }

    private static final int XDP_PASS = 2;

    /** The last touch of one key: begun, ended. */
    private record Touch(long begun, long ended) {}

    /**
     * Two threads touch by BPF while another starts, cancels, deletes and touches the same slots, with delays so short that
     * all of it meets firings. Those that are deleted are in the index a little longer, and again a little later, than they are
     * there; a touch may miss them then, so their firings are not judged. The ledger: no run is begun that a touch which had ended before should have put off; each armed
     * period fires once or is taken away by the operation that says so.
     */
    @Test
    void races_areNeverEarlyAndLoseNothing() throws Exception {
        int keys = 16;
        int kept = 12;
        Duration delay = Duration.ofMillis(3);
        NotedTicker ticker = new NotedTicker();
        AtomicReferenceArray<@Nullable Touch> touches = new AtomicReferenceArray<>(keys);
        AtomicInteger early = new AtomicInteger();
        AtomicInteger judged = new AtomicInteger();
        AtomicLong fires = new AtomicLong();
        AtomicLong cancelled = new AtomicLong();
        LibbpfPort port = LibbpfPort.open(RealKernel.settings(1_024, pinPath));
        KernelBackend backend = KernelBackend.manual(port, options());
        try (AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
                        .backend(backend)
                        .ticker(ticker)
                        .build();
                Toucher toucher = Toucher.load(pinPath)) {
            TimerSlots<Integer> map = registry.register(spec(delay, (key, firing) -> {
                long began = ticker.begun();
                Touch last = touches.get(key);
                if (key < kept && last != null && last.ended < began) {
                    judged.incrementAndGet();
                    if (last.begun + delay.toNanos() > began) {
                        early.incrementAndGet();
                    }
                }
                fires.incrementAndGet();
            }));
            registry.start();
            for (int key = 0; key < keys; key++) {
                map.start(key); // carried out at once: nobody else is there
            }
            AtomicBoolean stop = new AtomicBoolean();
            AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
            AtomicBoolean over = new AtomicBoolean();
            Thread poller = thread(failure, over, () -> {
                backend.pump();
                LockSupport.parkNanos(20_000);
            });
            Thread[] touchers = new Thread[2];
            for (int i = 0; i < touchers.length; i++) {
                int mine = i;
                touchers[i] = thread(failure, stop, () -> {
                    int key = mine + 2 * ThreadLocalRandom.current().nextInt(keys / 2);
                    long begun = ticker.clock.monotonicNanos();
                    if (toucher.run("on_xdp", key, 1) == XDP_PASS) {
                        touches.set(key, new Touch(begun, ticker.clock.monotonicNanos()));
                    }
                    if (ThreadLocalRandom.current().nextInt(200) == 0) {
                        LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(4 * MILLI));
                    }
                });
            }
            long least = Long.getLong("asyncslot.race.millis", 4_000) * MILLI;
            long raced = System.nanoTime();
            while (failure.get() == null
                    && (System.nanoTime() - raced < least
                            || judged.get() <= 50 && System.nanoTime() - raced < 10 * least)) {
                int key = ThreadLocalRandom.current().nextInt(keys);
                switch (ThreadLocalRandom.current().nextInt(8)) {
                    case 0, 1, 2, 3 -> map.start(key);
                    case 4 -> map.touch(key);
                    case 5 -> cancelled.addAndGet(map.cancel(key) == CancelOutcome.CANCELLED ? 1 : 0);
                    case 6 -> {
                        if (key >= kept) {
                            map.delete(key);
                        }
                    }
                    default -> map.find(key);
                }
                LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(300_000));
            }
            stop.set(true);
            for (Thread thread : touchers) {
                thread.join();
            }
            await().atMost(PATIENCE).until(() -> map.stats().armed() == 0);
            over.set(true);
            poller.join();
            assertThat(failure.get()).isNull();
            long started = map.stats().started();
            // a delete during a run does not answer whether the slot was armed again
            long taken = cancelled.get() + map.stats().deletedArmed();
            System.out.printf(
                    "touch races: %d touches, %d absent, %d fires of %d armed periods, %d taken away, %d judged, %d early,"
                            + " %d events, %d rearmed by the kernel%n",
                    toucher.touched(),
                    toucher.absent(),
                    fires.get(),
                    started,
                    taken,
                    judged.get(),
                    early.get(),
                    detail(registry, "fired"),
                    detail(registry, "touchRearms"));
            assertThat(early).hasValue(0);
            assertThat(fires.get() + taken)
                    .as("armed periods: none lost, none doubled")
                    .isEqualTo(started);
            assumeTrue(judged.get() > 50, "SKIPPED: too few firings met touches: " + judged);
            assumeTrue(detail(registry, "touchRearms") >= 10, "SKIPPED: the kernel set too few timers anew by a touch");
        }
    }

    /**
     * Whoever may touch may write anything into the index: entries that are gone, point to another slot's place, to no place or are
     * noise, until it is full; while the application runs and before it starts. Each slot fires once for each start, none early.
     */
    @Test
    void damagedIndex_losesDoublesAndHurriesNoSlot() throws Exception {
        int keys = 32;
        Duration delay = Duration.ofMillis(40);
        Map<Integer, AtomicInteger> fires = new ConcurrentHashMap<>();
        AtomicInteger early = new AtomicInteger();
        AtomicLong readyAt = new AtomicLong(); // none of the starts was before
        SplittableRandom random = new SplittableRandom(17);
        int damaged = 0;
        int starts = 0;
        long notIndexed = 0;
        for (int life = 0; life < 6; life++) {
            try (AsyncSlotRegistry registry = registry();
                    Toucher toucher = Toucher.load(pinPath);
                    IndexEntries index = new IndexEntries(pinPath)) {
                TimerSlots<Integer> map = registry.register(spec(delay, (key, firing) -> {
                    fires.computeIfAbsent(key, k -> new AtomicInteger()).incrementAndGet();
                    if (System.nanoTime() < readyAt.get() || firing.lateness().isNegative()) {
                        early.incrementAndGet();
                    }
                }));
                registry.start();
                if (life > 0) { // those of the life before
                    await().atMost(PATIENCE).until(() -> map.stats().armed() == 0);
                }
                for (int round = 0; round < 20; round++) {
                    readyAt.set(System.nanoTime() + delay.toNanos());
                    for (int key = 0; key < keys; key++) {
                        if (round > 0 && key % 4 == 0) {
                            map.delete(key); // a new slot has to be entered into the index
                        }
                        assertThat(map.start(key)).isEqualTo(StartOutcome.STARTED);
                    }
                    starts++;
                    damaged += index.damage(random, round % 5 == 4 ? 1_100 : 4);
                    for (int key = 0; key < keys; key++) {
                        toucher.run("on_xdp", key, 1);
                    }
                    if (round < 19) {
                        await().atMost(PATIENCE).until(() -> map.stats().armed() == 0);
                    }
                    assertThat(registry.backends().get(0).available()).isTrue();
                }
                notIndexed += detail(registry, "notIndexed");
            }
        }
        try (AsyncSlotRegistry registry = registry()) {
            TimerSlots<Integer> map = registry.register(spec(
                    delay,
                    (key, firing) ->
                            fires.computeIfAbsent(key, k -> new AtomicInteger()).incrementAndGet()));
            registry.start();
            await().atMost(PATIENCE).until(() -> map.stats().armed() == 0);
            int each = starts;
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(fires.values())
                            .hasSize(keys)
                            .allSatisfy(count -> assertThat(count).hasValue(each)));
        }
        assertThat(early).hasValue(0);
        assertThat(damaged).isGreaterThan(1_000);
        assertThat(notIndexed).as("keys for which a full index had no room").isPositive();
    }

    private static Thread thread(AtomicReference<@Nullable Throwable> failure, AtomicBoolean stop, Runnable turn) {
        return Thread.ofPlatform().start(() -> {
            try {
                while (!stop.get()) {
                    turn.run();
                }
            } catch (Throwable e) {
                failure.compareAndSet(null, e);
            }
        });
    }
}
