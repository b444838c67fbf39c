package io.asyncslot.cluster.postgres;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.WhenIdle;
import io.asyncslot.cluster.TestDatabase;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Begin;
import io.asyncslot.cluster.store.Carrying;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StoreSession;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Measures the store's statements alone, on an embedded PostgreSQL with its standard durability. No test: a main class
 * with the number of pending slots, the seconds for each figure and the threads as arguments.
 */
public final class StoreThroughput {

    private static final int BATCH = 1_000;
    private static final int FIRING_BATCH = 200;

    private final HikariDataSource pool = TestDatabase.pool(20);
    private final Sessions store = new Sessions("throughput");
    private final long seconds;
    private final Claim claim;

    private StoreThroughput(long seconds) {
        this.seconds = seconds;
        this.claim = new Claim(new TestStore(pool, store).join("measuring"), 2_000_000);
    }

    public static void main(String[] args) throws Exception {
        int pending = args.length > 0 ? Integer.parseInt(args[0]) : 100_000;
        long seconds = args.length > 1 ? Long.parseLong(args[1]) : 5;
        int threads = args.length > 2 ? Integer.parseInt(args[2]) : 16;
        new StoreThroughput(seconds).measure(pending, threads);
    }

    /** One unit of work on a connection. */
    private interface Step {
        /** How much was done. */
        int run(Connection connection, int thread, int turn);
    }

    private void measure(int pending, int threads) throws Exception {
        long begin = System.nanoTime();
        try (Connection connection = pool.getConnection()) {
            for (int i = 0; i < pending; i += BATCH) {
                store.on(connection).startAll(claim, ids("pending", i, Math.min(BATCH, pending - i)), far(), null, 0);
            }
        }
        print("batched starts, absent, 1 thread", pending, System.nanoTime() - begin);
        run(
                "batched re-arms, 1 thread",
                1,
                (c, thread, turn) -> store.on(c)
                        .startAll(claim, ids("pending", turn * BATCH % pending, BATCH), far(), null, 0)
                        .size());
        run("single re-arms, 1 thread", 1, (c, thread, turn) -> start(c, random(pending), far()));
        run("single re-arms, " + threads + " threads", threads, (c, thread, turn) -> start(c, random(pending), far()));
        run(
                "single starts, absent, claimed, " + threads + " threads",
                threads,
                (c, thread, turn) -> start(c, new SlotId("claimed", thread + "-" + turn), Deadline.in(1_900_000)));
        run("cancels, " + threads + " threads", threads, (c, thread, turn) -> {
            store.on(c).cancel(random(pending), WhenIdle.KEEP, Carrying.NOTHING);
            return 1;
        });
        run("touches, " + threads + " threads", threads, (c, thread, turn) -> {
            store.on(c).touch(claim, random(pending), far(), Carrying.NOTHING);
            return 1;
        });
        firings("start (batched), begin, end, 1 thread", 1);
        firings("start (batched), begin, end, 2 threads", 2);
    }

    private void firings(String what, int threads) throws Exception {
        LongAdder firing = new LongAdder();
        long units = run(what, threads, (c, thread, turn) -> {
            List<SlotId> ids = ids("fire" + thread, turn % 50 * FIRING_BATCH, FIRING_BATCH);
            List<Armed<io.asyncslot.StartOutcome>> armed = store.on(c).startAll(claim, ids, Deadline.in(0), null, 0);
            long began = System.nanoTime();
            List<Begin> begins = new ArrayList<>();
            for (int i = 0; i < ids.size(); i++) {
                begins.add(new Begin(ids.get(i), armed.get(i).generation(), SlotStore.NONE));
            }
            StoreSession.BeginResult result = store.on(c).begin(claim.node(), begins);
            if (result.begun().size() != ids.size()) {
                throw new IllegalStateException("not begun: " + result.refused());
            }
            store.on(c).end(claim, TestStore.returned(result.begun()), Set.of(), Set.of(), 0);
            firing.add(System.nanoTime() - began);
            return ids.size();
        });
        print("  of it begin and end, per thread", units, firing.sum());
    }

    private int start(Connection connection, SlotId id, Deadline when) {
        store.on(connection).start(claim, id, when, null, 0);
        return 1;
    }

    private long run(String what, int threads, Step step) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        LongAdder units = new LongAdder();
        long begin = System.nanoTime();
        long end = begin + TimeUnit.SECONDS.toNanos(seconds);
        List<Future<?>> futures = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int thread = t;
            futures.add(executor.submit(() -> {
                try (Connection connection = pool.getConnection()) {
                    for (int turn = 0; System.nanoTime() < end; turn++) {
                        units.add(step.run(connection, thread, turn));
                    }
                }
                return null;
            }));
        }
        for (Future<?> future : futures) {
            future.get();
        }
        executor.shutdown();
        print(what, units.sum(), System.nanoTime() - begin);
        return units.sum();
    }

    private static void print(String what, long units, long nanos) {
        System.out.printf("%-45s %,10d/s%n", what, Math.round(units * 1e9 / nanos));
    }

    private static List<SlotId> ids(String map, int from, int size) {
        List<SlotId> ids = new ArrayList<>(size);
        for (int i = from; i < from + size; i++) {
            ids.add(new SlotId(map, String.format("%08d", i)));
        }
        return ids;
    }

    private static SlotId random(int pending) {
        return new SlotId(
                "pending", String.format("%08d", ThreadLocalRandom.current().nextInt(pending)));
    }

    private static Deadline far() {
        return Deadline.in(600_000_000L + ThreadLocalRandom.current().nextLong(3_000_000_000L));
    }
}
