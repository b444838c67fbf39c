package io.asyncslot.kernel;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotFiring;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Sample: connections of a server on loopback that are idle for two seconds are closed. Each has a slot, which a
 * {@code cgroup_skb} program touches with each packet, so the JVM that has the slots does nothing while packets flow. Server
 * and clients are {@link IdleConnectionsTraffic}, two processes of their own, so that this one's CPU and wake-ups are its slots'.
 *
 * <p>Run as root: {@code java --enable-native-access=ALL-UNNAMED -cp target/classes:target/test-classes:$(cat
 * target/test.class.path) io.asyncslot.kernel.IdleConnections [seconds]}. The suite {@code touch} runs it on each kernel.
 */
@SuppressWarnings("try") // what is attached is attached while the block goes on
final class IdleConnections {

    private static final Duration DELAY = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final long SECOND = 1_000_000_000L;
    private static final long SPAN = 10_000_000;
    private static final Pattern SWITCHES = Pattern.compile("(?m)^voluntary_ctxt_switches:\\s+(\\d+)");
    private static final int CPU_FIELD = 11; // of /proc/self/stat behind the name: user time, then system time
    private static final long NANOS_OF_A_TICK = 10_000_000;

    private IdleConnections() {}

    public static void main(String[] arguments) throws Exception {
        Path path = OwnBpffs.mount("0755").resolve("idle");
        long seconds = arguments.length > 0 ? Long.parseLong(arguments[0]) : 5;
        System.out.println(run(path, 16, 2, seconds).table());
        new KernelLoader(System.out, System.err).run(List.of("--pin-path", path.toString(), "--drop"));
    }

    /** What the JVM that has the slots did: its CPU, how often one of its threads was woken, and since when. */
    private record Activity(long at, long cpuNanos, long wakeUps) {
        static Activity now() throws IOException {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            long ticks = Long.parseLong(fields[CPU_FIELD]) + Long.parseLong(fields[CPU_FIELD + 1]);
            return new Activity(System.nanoTime(), ticks * NANOS_OF_A_TICK, switches());
        }

        private static long switches() throws IOException {
            long sum = 0;
            try (var tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
                for (Path task : tasks) {
                    sum += SWITCHES.matcher(Files.readString(task.resolve("status")))
                            .results()
                            .map(MatchResult::group)
                            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                            .sum();
                }
            }
            return sum;
        }

        Activity since(Activity before) {
            return new Activity(at - before.at, cpuNanos - before.cpuNanos, wakeUps - before.wakeUps);
        }

        double seconds() {
            return (double) at / SECOND;
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%.0f ms CPU, woken %.1f times a second, in %.1f s",
                    cpuNanos / 1e6,
                    wakeUps / seconds(),
                    seconds());
        }
    }

    /**
     * What came of it.
     *
     * @param connections how many
     * @param busy of them with packets
     * @param packets that left the clients while the JVM was watched
     * @param touches by them
     * @param rearms timers that the kernel set again because of touches
     * @param quiet what the JVM did with as many slots and no packets
     * @param flowing what it did while packets flowed
     * @param seconds how long they did
     * @param events of the kernel meanwhile
     * @param operations of the JVM on slots meanwhile
     * @param plain runs of the program without a touch, by the kernel's statistics
     * @param touch of that with one
     * @param expiries how many slots fired in all
     * @param early of them before the delay was over since the last packet
     * @param lost slots that did not fire
     * @param doubled slots that fired more than once
     * @param starved busy connections without a packet for three quarters of the delay
     * @param latest the largest lateness
     */
    record Counters(
            int connections,
            int busy,
            long packets,
            long touches,
            long rearms,
            Activity quiet,
            Activity flowing,
            double seconds,
            long events,
            long operations,
            Spans plain,
            Spans touch,
            int expiries,
            int early,
            int lost,
            int doubled,
            int starved,
            Duration latest) {

        String table() {
            return String.format(
                    Locale.ROOT,
                    """
                    connections           %d, %d of them busy, the others idle
                    packets               %d in %.1f s, %.0f a second
                    touches               %d, %.0f a second
                    set again by touches  %d timers, by the kernel
                    the JVM meanwhile     %s; %d events, %d operations
                    the JVM before        %s, with as many slots and no packets
                    run of the program    %.0f ns with a touch, %.0f ns without: a touch takes %.0f ns
                    on average            %.0f ns with a touch, %.0f ns without: with what came in between
                    expiries              %d of %d, %d early, %d lost, %d doubled; at most %d us late""",
                    connections,
                    busy,
                    packets,
                    seconds,
                    packets / seconds,
                    touches,
                    touches / seconds,
                    rearms,
                    flowing,
                    events,
                    operations,
                    quiet,
                    touch.middle(),
                    plain.middle(),
                    touch.middle() - plain.middle(),
                    touch.mean(),
                    plain.mean(),
                    expiries,
                    connections,
                    early,
                    lost,
                    doubled,
                    latest.toNanos() / 1_000);
        }
    }

    /**
     * What a run of a program takes, by the kernel's statistics read every few milliseconds. These count the time that passes: a
     * sender that is preempted within a run, or a machine that is, adds milliseconds to it. A few such runs raise the mean of
     * all; they are in few of the spans, so the middle one is the program's.
     */
    private static final class Spans {

        private final Toucher toucher;
        private final String program;
        private final Toucher.Runs first;
        private final List<Double> each = new ArrayList<>();
        private Toucher.Runs last;

        Spans(Toucher toucher, String program) {
            this.toucher = toucher;
            this.program = program;
            first = toucher.runs(program);
            last = first;
        }

        /** Ends a span, and begins the next; one without a run does not count. */
        void next() {
            Toucher.Runs now = toucher.runs(program);
            if (now.count() != last.count()) {
                each.add(now.since(last).nanosEach());
            }
            last = now;
        }

        double middle() {
            return each.stream().sorted().skip(each.size() / 2).findFirst().orElse(0.0);
        }

        double mean() {
            return last.since(first).nanosEach();
        }
    }

    /** Runs it with slots at a pin path, which has none yet or room for touches. */
    static Counters run(Path pinPath, int connections, int busy, long seconds) throws Exception {
        Map<Integer, List<SlotFiring>> fired = new ConcurrentHashMap<>();
        Map<Integer, Long> firedAt = new ConcurrentHashMap<>();
        KernelOptions options = KernelOptions.defaults().withTouchable(Set.of("idle"));
        try (AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
                        .backend(new KernelBackend(RealKernel.settings(1_024, pinPath), options))
                        .build();
                IdleConnectionsTraffic.Child server = IdleConnectionsTraffic.Child.server();
                OwnCgroup group = new OwnCgroup();
                IdleConnectionsTraffic.Child clients =
                        IdleConnectionsTraffic.Child.clients(server.next("port"), connections, busy)) {
            TimerSlots<Integer> slots = registry.register(TimerMapSpec.named("idle", Integer.class)
                    .delay(DELAY)
                    .callback((port, firing) -> {
                        firedAt.put(port, System.nanoTime());
                        fired.computeIfAbsent(port, p -> new ArrayList<>()).add(firing);
                        server.say("close " + port);
                    })
                    .build());
            registry.start();
            List<Integer> ports = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                ports.add(Integer.valueOf(server.next("open")));
            }
            clients.next("ready");
            for (int i = 1; i <= connections; i++) {
                slots.start(-i, Duration.ofHours(1)); // as many as will be there, and nobody touches them
            }
            await(() -> detail(registry, "fallbacksNow") == 0);
            Activity before = Activity.now();
            pause(seconds * SECOND);
            Activity quiet = Activity.now().since(before);
            for (int i = 1; i <= connections; i++) {
                slots.delete(-i);
            }
            try (Toucher toucher = Toucher.load(pinPath);
                    AutoCloseable statistics = Toucher.statistics()) {
                Spans plain = new Spans(toucher, "on_egress_untouched");
                try (AutoCloseable attached = toucher.attach("on_egress_untouched", group.path())) {
                    clients.say("go " + DELAY.toNanos());
                    for (long end = System.nanoTime() + DELAY.toNanos(); System.nanoTime() < end; plain.next()) {
                        pause(SPAN);
                    }
                    clients.next("done");
                }
                try (AutoCloseable attached = toucher.attach("on_egress", group.path())) {
                    clients.say("go " + (seconds * SECOND + 2 * DELAY.toNanos()));
                    ports.forEach(slots::start);
                    Spans touch = new Spans(toucher, "on_egress");
                    await(() -> {
                        touch.next();
                        return fired.size() >= connections - busy;
                    });
                    Activity began = Activity.now();
                    long touched = toucher.touched();
                    Toucher.Runs runs = toucher.runs("on_egress");
                    long rearms = detail(registry, "touchRearms");
                    long events = detail(registry, "fired");
                    long operations = slots.stats().started()
                            + slots.stats().moved()
                            + slots.stats().rearmed();
                    pause(seconds * SECOND);
                    Activity flowing = Activity.now().since(began);
                    long touches = toucher.touched() - touched;
                    Toucher.Runs run = toucher.runs("on_egress").since(runs);
                    rearms = detail(registry, "touchRearms") - rearms;
                    events = detail(registry, "fired") - events;
                    operations = slots.stats().started()
                            + slots.stats().moved()
                            + slots.stats().rearmed()
                            - operations;
                    Map<Integer, long[]> sent = new HashMap<>();
                    for (int i = 0; i < busy; i++) {
                        String[] words = clients.next("sent").split(" ");
                        sent.put(
                                Integer.valueOf(words[0]),
                                new long[] {Long.parseLong(words[1]), Long.parseLong(words[2])});
                    }
                    clients.next("done");
                    await(() -> fired.size() >= connections);
                    int early = 0;
                    int starved = 0;
                    for (Map.Entry<Integer, long[]> each : sent.entrySet()) {
                        if (each.getValue()[1] > DELAY.toNanos() * 3 / 4) {
                            starved++; // it may have expired in that gap, and rightly
                        } else if (firedAt.getOrDefault(each.getKey(), Long.MAX_VALUE)
                                < each.getValue()[0] + DELAY.toNanos()) {
                            early++;
                        }
                    }
                    return new Counters(
                            connections,
                            busy,
                            run.count(),
                            touches,
                            rearms,
                            quiet,
                            flowing,
                            flowing.seconds(),
                            events,
                            operations,
                            plain,
                            touch,
                            fired.size(),
                            early,
                            connections - fired.size(),
                            (int) fired.values().stream()
                                    .filter(firings -> firings.size() > 1)
                                    .count(),
                            starved,
                            fired.values().stream()
                                    .map(firings -> firings.get(0).lateness())
                                    .max(Duration::compareTo)
                                    .orElse(Duration.ZERO));
                }
            }
        }
    }

    private static long detail(AsyncSlotRegistry registry, String name) {
        return ((Number) registry.backends().get(0).details().get(name)).longValue();
    }

    /** Sleeps: what is watched is that nothing happens. */
    private static void pause(long nanos) {
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** Waits for a state, and gives up without it: the counters tell. */
    private static void await(BooleanSupplier state) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!state.getAsBoolean() && System.nanoTime() < end) {
            LockSupport.parkNanos(SPAN);
        }
    }
}
