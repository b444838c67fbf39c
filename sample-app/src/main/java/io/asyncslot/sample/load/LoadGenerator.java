package io.asyncslot.sample.load;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/**
 * Keeps some carts of a running shop alive by requests while it leaves others to expire, then holds the shop's ledger
 * against that of the slots. Exits with 1 if a cart that was kept alive expired, an abandoned one did not, or a count
 * does not match. Bounded in requests and time; talks to this machine only.
 *
 * <p>Usage: {@code LoadGenerator [url] [kept] [abandoned] [seconds]}
 */
public final class LoadGenerator {

    private static final int THREADS = 8;
    private static final int MAX_CARTS = 100_000;
    private static final int MAX_SECONDS = 300;

    private final Shop shop;
    private final int kept;
    private final int abandoned;
    private final int seconds;
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong lostAlive = new AtomicLong();

    private LoadGenerator(URI url, int kept, int abandoned, int seconds) {
        this.shop = new Shop(url, requests);
        this.kept = kept;
        this.abandoned = abandoned;
        this.seconds = seconds;
    }

    public static void main(String[] args) throws Exception {
        URI url = URI.create(args.length > 0 ? args[0] : "http://127.0.0.1:8080");
        if (!InetAddress.getByName(url.getHost()).isLoopbackAddress()) {
            throw new IllegalArgumentException("the load goes to this machine only, not to " + url.getHost());
        }
        LoadGenerator load = new LoadGenerator(
                url,
                number(args, 1, 2_000, MAX_CARTS),
                number(args, 2, 3_000, MAX_CARTS),
                number(args, 3, 15, MAX_SECONDS));
        System.exit(load.run() ? 0 : 1);
    }

    private static int number(String[] args, int at, int otherwise, int most) {
        int value = args.length > at ? Integer.parseInt(args[at]) : otherwise;
        if (value < 1 || value > most) {
            throw new IllegalArgumentException("argument " + at + " must be from 1 to " + most + ": " + value);
        }
        return value;
    }

    private boolean run() throws Exception {
        Ledger before = shop.ledger();
        long began = System.nanoTime();
        List<String> alive = new ArrayList<>();
        ExecutorService workers = Executors.newFixedThreadPool(THREADS);
        try {
            // half of the carts are abandoned before the others come, half among them: expiry and load overlap
            open(workers, abandoned / 2);
            alive.addAll(open(workers, kept));
            open(workers, abandoned - abandoned / 2);
            System.out.printf("%,d carts opened in %.1f s%n", kept + abandoned, secondsSince(began));

            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            int rounds = 0;
            while (System.nanoTime() < end) {
                each(workers, alive, this::ping);
                rounds++;
            }
            Ledger during = shop.ledger();
            System.out.printf(
                    "%d rounds: %,d carts kept alive, %,d expired meanwhile, p99 of lateness %s%n",
                    rounds, alive.size(), during.expired() - before.expired(), during.latenessP99());
            each(workers, alive, shop::drop);
            System.out.printf("%,d requests, %,.0f a second%n", requests.get(), requests.get() / secondsSince(began));
            return settle(before);
        } finally {
            workers.shutdown();
        }
    }

    private void ping(String cart) {
        if (!shop.ping(cart).equals("OPEN")) {
            lostAlive.incrementAndGet();
        }
    }

    private List<String> open(ExecutorService workers, int count) throws Exception {
        List<Future<String>> carts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            carts.add(workers.submit(shop::openWithTea));
        }
        List<String> ids = new ArrayList<>();
        for (Future<String> cart : carts) {
            ids.add(cart.get());
        }
        return ids;
    }

    private void each(ExecutorService workers, List<String> carts, Consumer<String> action) throws Exception {
        List<Future<?>> done = new ArrayList<>();
        for (String cart : carts) {
            done.add(workers.submit(() -> action.accept(cart)));
        }
        for (Future<?> one : done) {
            one.get();
        }
    }

    /** Waits until nothing is armed any more and compares. */
    private boolean settle(Ledger before) throws IOException, InterruptedException {
        Ledger after = shop.ledger();
        long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(MAX_SECONDS);
        while (after.armed() > before.armed() && System.nanoTime() < patience) {
            TimeUnit.MILLISECONDS.sleep(200);
            after = shop.ledger();
        }
        long expired = after.expired() - before.expired();
        long dropped = after.dropped() - before.dropped();
        long started = after.started() - before.started();
        long fired = after.fired() - before.fired();
        long deletedArmed = after.deletedArmed() - before.deletedArmed();
        System.out.printf(
                "shop:  expired %,d (expected %,d), dropped %,d (expected %,d)%n", expired, abandoned, dropped, kept);
        System.out.printf(
                "slots: started %,d = fired %,d + deleted while armed %,d; lost %,d%n",
                started, fired, deletedArmed, after.lost());
        System.out.printf("carts lost although kept alive: %,d%n", lostAlive.get());
        boolean right = expired == abandoned
                && dropped == kept
                && fired == expired
                && started == fired + deletedArmed
                && after.lost() == 0
                && lostAlive.get() == 0;
        System.out.println(right ? "OK" : "WRONG");
        return right;
    }

    private static double secondsSince(long began) {
        return (System.nanoTime() - began) / 1e9;
    }

    /** The counts that must match. */
    record Ledger(
            long expired,
            long dropped,
            long started,
            long fired,
            long deletedArmed,
            long armed,
            long lost,
            String latenessP99) {

        static Ledger of(JsonNode stats, JsonNode map) {
            JsonNode carts = stats.path("carts");
            return new Ledger(
                    carts.path("EXPIRED").asLong(0),
                    carts.path("DROPPED").asLong(0),
                    map.required("started").asLong(),
                    map.required("fired").asLong(),
                    map.required("deletedArmed").asLong(),
                    map.required("armed").asLong(),
                    map.required("dropped").asLong(),
                    map.required("lateness").required("p99").asString());
        }
    }
}
