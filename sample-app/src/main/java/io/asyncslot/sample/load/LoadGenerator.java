package io.asyncslot.sample.load;

import io.asyncslot.sample.Report;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Keeps some carts of a running shop alive by requests while it leaves others to expire, then holds the shop's ledger
 * against that of the slots. Exits with 1 if a cart that was kept alive expired, an abandoned one did not, or a count
 * does not match. Nobody else may use the shop meanwhile.
 *
 * <p>Usage: {@code LoadGenerator [url] [kept] [abandoned] [seconds]}
 */
public final class LoadGenerator {

    private static final int THREADS = 8;
    private static final Duration LONGEST_DELAY = Duration.ofMinutes(1);

    private final Plan plan;
    private final Shop shop;
    private final Keeper keeper;
    private final Report report = new Report(System.out);
    private final ExecutorService workers = Executors.newFixedThreadPool(THREADS);
    private final AtomicLong livedAlthoughAbandoned = new AtomicLong();

    private LoadGenerator(Plan plan) {
        this.plan = plan;
        this.shop = new Shop(plan.url());
        this.keeper = new Keeper(shop);
    }

    public static void main(String[] args) throws Exception {
        LoadGenerator load = new LoadGenerator(Plan.of(args));
        try {
            System.exit(load.run() ? 0 : 1);
        } finally {
            load.workers.shutdownNow();
        }
    }

    private boolean run() throws ExecutionException, InterruptedException {
        Duration reservation =
                Duration.parse(shop.stats().required("reservation").asString());
        if (reservation.compareTo(LONGEST_DELAY) > 0) {
            throw new IllegalStateException("carts expire after " + reservation + ", which is more than "
                    + LONGEST_DELAY + "; start the shop with --spring.profiles.active=demo");
        }
        Ledger before = Ledger.of(shop);
        long began = System.nanoTime();

        // Half of the carts are abandoned before the others come, half after them: expiries and load overlap.
        List<String> abandoned = new ArrayList<>(open(plan.abandoned() / 2, shop::openWithTea));
        List<String> kept = open(plan.kept(), keeper::open);
        abandoned.addAll(open(plan.abandoned() - plan.abandoned() / 2, shop::openWithTea));
        each(open(plan.dropped(), shop::openWithTea), shop::drop);
        each(open(plan.paid(), shop::openWithTea), cart -> shop.pay(shop.order(cart)));
        each(open(plan.unpaid(), shop::openWithTea), shop::order);
        report.line("%,d carts opened in %.1f s".formatted(plan.carts(), secondsSince(began)));

        TimeUnit.SECONDS.sleep(plan.seconds());
        keeper.stop();
        report.line(
                "%,d of them kept alive for %d s more by %,d requests in all; longest gap of a cart %.2f s of %.2f s"
                        .formatted(
                                kept.size(),
                                plan.seconds(),
                                keeper.turns(),
                                keeper.longestGap(),
                                reservation.toMillis() / 1e3));
        each(kept, shop::drop);
        Ledger now = settled(before);
        each(abandoned, cart -> count(livedAlthoughAbandoned, !shop.state(cart).equals("EXPIRED")));
        report.line("%,d requests, %,.0f a second; reservations fired p99 %s late"
                .formatted(shop.requests(), shop.requests() / secondsSince(began), shop.latenessP99("reservation")));
        return check(now.since(before));
    }

    private List<String> open(int count, Supplier<String> opening) throws ExecutionException, InterruptedException {
        return all(Stream.generate(() -> opening).limit(count));
    }

    private void each(List<String> carts, Consumer<String> action) throws ExecutionException, InterruptedException {
        all(carts.stream().map(cart -> () -> {
            action.accept(cart);
            return cart;
        }));
    }

    private List<String> all(Stream<Supplier<String>> actions) throws ExecutionException, InterruptedException {
        List<Future<String>> futures =
                actions.map(action -> workers.submit(action::get)).toList();
        List<String> results = new ArrayList<>();
        for (Future<String> future : futures) {
            results.add(future.get());
        }
        return results;
    }

    private static void count(AtomicLong counter, boolean counts) {
        if (counts) {
            counter.incrementAndGet();
        }
    }

    /** Waits until nothing of ours is armed any more. */
    private Ledger settled(Ledger before) throws InterruptedException {
        long end = System.nanoTime() + LONGEST_DELAY.multipliedBy(2).toNanos();
        Ledger now = Ledger.of(shop);
        while (System.nanoTime() - end < 0
                && now.reservation().armed() + now.payment().armed()
                        > before.reservation().armed() + before.payment().armed()) {
            TimeUnit.MILLISECONDS.sleep(200);
            now = Ledger.of(shop);
        }
        TimeUnit.MILLISECONDS.sleep(200); // a callback may still commit
        return Ledger.of(shop);
    }

    private boolean check(Ledger done) {
        long ordered = (long) plan.paid() + plan.unpaid();
        long ended = plan.kept() + plan.dropped() + ordered;
        report.check("carts expired", plan.abandoned(), done.expiredCarts());
        report.check("carts dropped", (long) plan.kept() + plan.dropped(), done.droppedCarts());
        report.check("carts ordered", ordered, done.orderedCarts());
        report.check("orders paid", plan.paid(), done.paidOrders());
        report.check("orders cancelled", plan.unpaid(), done.cancelledOrders());
        report.check("packets of tea sold", plan.paid(), -done.stock());
        report.check("expired although kept alive", 0, keeper.died());
        report.check("open although abandoned", 0, livedAlthoughAbandoned.get());
        Ledger.Slots reservation = done.reservation();
        report.check("reservation: started", plan.carts(), reservation.started());
        report.check("reservation: re-armed", shop.added(), reservation.rearmed());
        report.check("reservation: moved", shop.pinged(), reservation.moved());
        report.check("reservation: fired", plan.abandoned(), reservation.fired());
        report.check("reservation: deleted while armed", ended, reservation.deletedArmed());
        check("reservation", reservation);
        report.check("payment: started", ordered, done.payment().started());
        report.check("payment: fired", plan.unpaid(), done.payment().fired());
        report.check("payment: deleted while armed", plan.paid(), done.payment().deletedArmed());
        check("payment", done.payment());
        return report.passed();
    }

    private void check(String map, Ledger.Slots slots) {
        report.check(
                map + ": fired+cancelled+deleted",
                slots.started(),
                slots.fired() + slots.cancelled() + slots.deletedArmed());
        report.check(map + ": failed or dropped", 0, slots.failed() + slots.dropped());
    }

    private static double secondsSince(long began) {
        return (System.nanoTime() - began) / 1e9;
    }
}
