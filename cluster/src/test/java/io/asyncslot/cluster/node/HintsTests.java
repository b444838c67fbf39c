package io.asyncslot.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.cluster.ClusterOptions;
import io.asyncslot.cluster.TestNode;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.spi.SystemTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a node tells the others, what it makes of what it hears, and what it does when it hears nothing. */
@Timeout(60)
class HintsTests {

    private static final long NODE = 7;
    private static final SlotId SLOT = new SlotId("orders", "o-1");
    private static final String HASH = Integer.toHexString(Hints.hash(SLOT));

    private final List<String> sent = new CopyOnWriteArrayList<>();
    private final AtomicInteger offers = new AtomicInteger();
    private final Set<Integer> deleted = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService upkeep = Executors.newSingleThreadScheduledExecutor();
    private final Membership membership = new Membership(1_000_000);
    private final Hints hints = new Hints(
            TestNode.quick("hints", "node", ClusterOptions.WhenAway.REFUSE),
            membership,
            sent::add,
            upkeep,
            SystemTicker.instance(),
            new Hints.Events() {
                @Override
                public void offered() {
                    offers.incrementAndGet();
                }

                @Override
                public void deleted(Set<Integer> hashes) {
                    deleted.addAll(hashes);
                }
            });

    @AfterEach
    void stop() {
        upkeep.shutdownNow();
    }

    /** Hears itself, and knows of others. */
    private void listening() {
        membership.joined(NODE);
        hints.connected(true);
        await().until(() -> sent.size() == 1);
        hints.heard(List.of(sent.remove(0)), true);
        assertThat(hints.state()).isEqualTo("heard");
    }

    private void heard(String... lines) {
        hints.heard(List.of(lines), true);
    }

    @Test
    void nodeThatDoesNotHearItself_tellsNothing_andGivesUpAfterAFewTries() {
        membership.joined(NODE);
        for (int i = 0; i < 50; i++) {
            hints.connected(true);
            hints.heard(List.copyOf(sent), false); // it came with an answer: that proves nothing
            hints.offered();
        }
        await().until(() -> String.join(" ", sent).contains("p10"));
        await().during(Duration.ofMillis(200))
                .until(() -> sent.get(sent.size() - 1).endsWith("p10"));
        assertThat(String.join(" ", sent)).doesNotContain("p11").doesNotContain(" o");
        assertThat(hints.state()).isEqualTo("not heard");
    }

    @Test
    void nodeThatIsAlone_tellsNothing_untilItHearsAnother() {
        membership.joined(NODE);
        hints.connected(false);
        await().until(() -> sent.size() == 1);
        heard(sent.remove(0));
        assertThat(hints.state()).isEqualTo("heard, from no other node");
        hints.offered();
        hints.flush();
        assertThat(sent).isEmpty();
        heard("8 p1");
        hints.offered();
        await().until(() -> sent.equals(List.of(NODE + " o")));
    }

    /** Leading and trailing: 3,000 hints within some intervals are as many notifications as there are intervals. */
    @Test
    void burst_isOneNotificationPerInterval() {
        listening();
        long began = System.nanoTime();
        for (int i = 0; i < 3_000; i++) {
            hints.offered();
            hints.deleted(new SlotId("orders", "k" + i % 700));
            if (i % 100 == 0) {
                pauseMillis(5);
            }
        }
        await().until(() -> sent.size() >= 2);
        pauseMillis(200);
        long intervals = (System.nanoTime() - began) / Hints.INTERVAL.toNanos();
        assertThat((long) sent.size()).isBetween(2L, intervals + 1);
        assertThat(sent).allMatch(line -> line.length() < 8_000);
    }

    @Test
    void endOfARun_isToldOnlyToWhoAwaitsIt() {
        listening();
        hints.ended(SLOT);
        heard("8 a1234");
        hints.ended(new SlotId("orders", "o-2"));
        hints.flush();
        assertThat(sent).isEmpty();
        heard("8 a" + Integer.toHexString(Hints.hash(new SlotId("orders", "o-3"))));
        hints.ended(new SlotId("orders", "o-3"));
        await().until(() -> sent.size() == 1);
        assertThat(sent.get(0)).startsWith(NODE + " e");
    }

    @Test
    void endOfARunThatIsAwaitedTooLate_isToldAllTheSame() {
        listening();
        hints.ended(SLOT);
        heard("8 a" + HASH);
        await().until(() -> sent.equals(List.of(NODE + " e" + HASH)));
    }

    @Test
    void endOfAnyRunOfAMap_isToldToWhoAwaitsTheMap() {
        listening();
        heard("8 a" + Integer.toHexString(Hints.hash("orders")));
        hints.ended(SLOT);
        await().until(() -> sent.equals(List.of(NODE + " e" + Integer.toHexString(Hints.hash("orders")))));
    }

    @Test
    void waiter_isWokenByItsHintAndNoOther_andSaysThatItWaits() throws Exception {
        listening();
        try (Hints.Waiter waiter = hints.waiter(Hints.hash(SLOT))) {
            heard("8 e1234", NODE + " e" + HASH);
            long began = System.nanoTime();
            upkeep.schedule(() -> heard("8 e" + HASH + " o d" + HASH), 20, TimeUnit.MILLISECONDS);
            waiter.pause(0, TimeUnit.SECONDS.toNanos(50));
            assertThat(System.nanoTime() - began).as("waited").isGreaterThanOrEqualTo(20_000_000);
        }
        await().until(() -> sent.equals(List.of(NODE + " a" + HASH)));
        await().until(() -> offers.get() == 1);
        assertThat(deleted).containsExactly(Hints.hash(SLOT));
    }

    @Test
    void waiter_withoutNotifications_looksLessAndLessOften_asOftenAsThePropertySaysAtLeast() throws Exception {
        AtomicInteger looks = new AtomicInteger();
        try (Hints.Waiter waiter = hints.waiter(1)) {
            Awaiting.until(
                    SystemTicker.instance(), () -> looks.incrementAndGet() < 0, TimeUnit.SECONDS.toNanos(3), waiter);
        }
        assertThat(looks).as("looks in 3 s").hasValueBetween(2, 60);
        assertThat(sent).isEmpty();
    }

    @Test
    void notificationsThatComeNoMore_areMissed_andWaitersLookByThemselves() throws Exception {
        listening();
        hints.check();
        await().until(() -> sent.size() == 1); // and is not heard
        try (Hints.Waiter waiter = hints.waiter(1)) {
            upkeep.schedule(hints::check, 20, TimeUnit.MILLISECONDS);
            waiter.pause(0, TimeUnit.SECONDS.toNanos(50));
        }
        assertThat(hints.state()).isEqualTo("not heard");
    }

    /** Anybody who may connect to the database can notify. */
    @Test
    void nonsense_isLeftAlone() {
        listening();
        List<String> lines =
                new ArrayList<>(List.of("", " ", "8", "8 ", "x y z", "8 a", "8 e", "8 dxyz", "8 a-1", "8 o  o"));
        lines.add("8 e" + "f".repeat(7_000));
        lines.add("8 \u0000 \ud83d p1 P9");
        hints.heard(lines, true);
        assertThat(offers).hasValue(1);
        assertThat(deleted).isEmpty();
        hints.flush();
        assertThat(sent).isEmpty();
    }

    private static void pauseMillis(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
