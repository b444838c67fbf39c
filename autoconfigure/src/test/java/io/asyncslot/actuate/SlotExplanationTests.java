package io.asyncslot.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotCause;
import io.asyncslot.SlotCause.Type;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.test.ManualTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The sentences, on time that the test moves: it begins at 2026-01-01T00:00:00Z. */
class SlotExplanationTests {

    private static final SlotCause BY_METHOD = new SlotCause(Type.ANNOTATION, "@StartSlot CartService.onRequest");
    private static final SlotCause BY_ALICE = new SlotCause(Type.ENDPOINT, "user alice");
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final AtomicBoolean again = new AtomicBoolean();
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final ManualTime time = ManualTime.create(ManualTime.DEFAULT_WALL_CLOCK, tasks::add);
    private final TimerSlots<String> slots = time.registry()
            .register(TimerMapSpec.named("cart", String.class)
                    .callback((key, firing) -> {
                        time.ticker().advance(Duration.ofSeconds(2));
                        if (key.equals("bad")) {
                            throw new IllegalStateException("no stock");
                        }
                        if (key.equals("again") && again.compareAndSet(false, true)) {
                            firing.restart(MINUTE);
                        }
                    })
                    .historySize(16)
                    .whenIdle(WhenIdle.KEEP)
                    .build());

    @AfterEach
    void close() {
        time.close();
    }

    private List<String> explain(String key) {
        return SlotExplanation.of(
                slots.find(key).orElseThrow(), slots, time.registry().isRunning(), text -> text);
    }

    private static List<String> departed(TimerSlots<String> map) {
        return SlotExplanation.ofDeparted(map.findDeparted("key").orElseThrow(), text -> text);
    }

    /** Moves time and then runs what is due, after it has waited a second for its thread. */
    private void fire(Duration span) {
        time.advance(span);
        time.ticker().advance(Duration.ofSeconds(1));
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    @Test
    void armed_saysByWhomAndForHowLongAndWhatMovedIt() {
        BY_METHOD.during(() -> slots.start("key", MINUTE.multipliedBy(30)));
        assertThat(explain("key"))
                .containsExactly(
                        "Armed at 2026-01-01T00:00:00Z by @StartSlot CartService.onRequest for PT30M.",
                        "Due at 2026-01-01T00:30:00Z, in PT30M.");
        time.advance(MINUTE);
        slots.touch("key", MINUTE.multipliedBy(30));
        time.advance(MINUTE);
        BY_ALICE.during(() -> slots.touch("key", MINUTE.multipliedBy(40)));
        assertThat(explain("key"))
                .containsExactly(
                        "Armed at 2026-01-01T00:00:00Z by @StartSlot CartService.onRequest for PT30M; moved 2 times since,"
                                + " last at 2026-01-01T00:02:00Z by the endpoint (user alice) for PT40M.",
                        "Due at 2026-01-01T00:42:00Z, in PT40M.");
    }

    @Test
    void capAndFlush_areTold_whilePendingAndAfterwards() {
        TimerSlots<String> capped = time.registry()
                .register(TimerMapSpec.named("capped", String.class)
                        .callback((key, firing) -> {})
                        .historySize(16)
                        .maxWait(MINUTE)
                        .build());
        capped.start("key", MINUTE.dividedBy(2));
        time.advance(MINUTE.dividedBy(3));
        capped.start("key", MINUTE);
        assertThat(SlotExplanation.of(capped.find("key").orElseThrow(), capped, true, text -> text))
                .containsExactly(
                        "Armed at 2026-01-01T00:00:20Z by a call of the API for PT40S, limited by maxWait: a later"
                                + " deadline was requested; first at 2026-01-01T00:00:00Z by a call of the API, then armed"
                                + " again once.",
                        "Due at 2026-01-01T00:01:00Z, in PT40S.");
        capped.touch("key", MINUTE.multipliedBy(2));
        assertThat(SlotExplanation.of(capped.find("key").orElseThrow(), capped, true, text -> text)
                        .get(0))
                .endsWith("moved once since, last at 2026-01-01T00:00:20Z by a call of the API for PT40S, limited"
                        + " by maxWait: a later deadline was requested.");
        fire(MINUTE);
        assertThat(departed(capped)).contains("It had fired at 2026-01-01T00:01:21Z, limited by maxWait.");
        capped.start("short", Duration.ZERO);
        fire(Duration.ZERO);
        assertThat(SlotExplanation.ofDeparted(capped.findDeparted("short").orElseThrow(), text -> text))
                .contains("It had fired at 2026-01-01T00:01:22Z.");
    }

    @Test
    void heldBackByItsInterval_saysUntilWhen() {
        WorkSlots<String> works = time.registry()
                .register(WorkMapSpec.named("throttled", String.class)
                        .callback((key, firing) -> {})
                        .historySize(16)
                        .minInterval(MINUTE)
                        .build());
        works.submit("key");
        fire(Duration.ZERO);
        assertThat(SlotExplanation.of(works.find("key").orElseThrow(), works, true, text -> text))
                .startsWith(
                        "Nothing is pending since it fired.",
                        "It stays until minInterval has passed since the start of its last run.");
        time.advance(Duration.ofSeconds(9));
        works.submit("key");
        assertThat(SlotExplanation.of(works.find("key").orElseThrow(), works, true, text -> text))
                .startsWith(
                        "Submitted at 2026-01-01T00:00:10Z by a call of the API, held back by minInterval until"
                                + " 2026-01-01T00:01:01Z.",
                        "Due at 2026-01-01T00:01:01Z, in PT51S.");
    }

    @Test
    void cancelled_saysByWhom() {
        slots.start("key", MINUTE);
        BY_ALICE.during(() -> slots.cancel("key"));
        assertThat(explain("key"))
                .containsExactly("Nothing is pending: cancelled at 2026-01-01T00:00:00Z by the endpoint (user alice).");
        slots.start("key", MINUTE);
        slots.cancel("key");
        assertThat(explain("key"))
                .containsExactly("Nothing is pending: cancelled at 2026-01-01T00:00:00Z by a call of the API.");
    }

    @Test
    void fired_saysHowLateAndWhereThatWent() {
        slots.start("key", MINUTE);
        long generation = slots.find("key").orElseThrow().generation();
        fire(MINUTE);
        assertThat(explain("key"))
                .containsExactly(
                        "Nothing is pending since it fired.",
                        "Fired at 2026-01-01T00:01:01Z, generation " + generation
                                + ", PT1S late (wake-up PT0S, queue PT1S, gate PT0S);" + " it ran PT2S and returned.");
        slots.start("bad", MINUTE);
        fire(MINUTE);
        assertThat(explain("bad"))
                .last()
                .asString()
                .endsWith("it ran PT2S and failed: java.lang.IllegalStateException: no stock.");
    }

    @Test
    void armedByItsOwnCallback_saysSo() {
        slots.start("again", MINUTE);
        fire(MINUTE);
        assertThat(explain("again")).startsWith("Armed at 2026-01-01T00:01:03Z by its own callback for PT1M.");
    }

    @Test
    void due_saysWhatItWaitsFor() {
        slots.start("key", MINUTE);
        time.advance(MINUTE);
        assertThat(explain("key"))
                .contains("Due since 2026-01-01T00:01:00Z; it waits for a thread of the executor, or the map's"
                        + " concurrency (waiting callbacks of the map: 1).");
    }

    @Test
    void paused_saysSinceWhenAndByWhom() {
        slots.start("key", MINUTE);
        BY_ALICE.during(() -> slots.pause("key"));
        fire(MINUTE);
        assertThat(explain("key"))
                .contains(
                        "Due since 2026-01-01T00:01:00Z; it waits for a resume.",
                        "Paused since 2026-01-01T00:00:00Z by the endpoint (user alice): slots that fall due wait for a"
                                + " resume.");
        BY_ALICE.during(() -> slots.pause());
        assertThat(explain("key"))
                .last()
                .isEqualTo(
                        "The whole map is paused since 2026-01-01T00:01:01Z by the endpoint (user alice): slots that fall due wait for"
                                + " a resume.");
    }

    @Test
    void deleted_saysByWhomAndWhatBecameOfWhatWasPending() {
        assertThat(slots.findDeparted("key")).isEmpty();
        BY_METHOD.during(() -> slots.start("key", MINUTE));
        BY_ALICE.during(() -> slots.delete("key"));
        assertThat(departed(slots))
                .containsExactly(
                        "Deleted at 2026-01-01T00:00:00Z by the endpoint (user alice).",
                        "It was pending then: armed at 2026-01-01T00:00:00Z by @StartSlot CartService.onRequest for"
                                + " PT1M.");
        slots.start("key", MINUTE);
        fire(MINUTE);
        slots.delete("key");
        assertThat(departed(slots))
                .containsExactly(
                        "Deleted at 2026-01-01T00:01:03Z by a call of the API.",
                        "It had fired at 2026-01-01T00:01:01Z.");
    }

    @Test
    void freedWhenIdle_saysWhatEndedIt() {
        TimerSlots<String> freeing = time.registry()
                .register(TimerMapSpec.named("freeing", String.class)
                        .callback((key, firing) -> {})
                        .historySize(8)
                        .build());
        freeing.start("key", MINUTE);
        fire(MINUTE);
        assertThat(freeing.find("key")).isEmpty();
        assertThat(departed(freeing))
                .containsExactly(
                        "There is no slot: nothing is pending, and idle slots are not kept (when-idle is FREE).",
                        "It had fired at 2026-01-01T00:01:01Z.");
        freeing.start("key", MINUTE);
        BY_ALICE.during(() -> freeing.cancel("key"));
        assertThat(departed(freeing))
                .last()
                .isEqualTo("It had been cancelled at 2026-01-01T00:01:01Z by the endpoint (user alice).");
    }

    @Test
    void deletedByItsOwnCallback_saysSo() {
        TimerSlots<String> once = time.registry()
                .register(TimerMapSpec.named("once", String.class)
                        .callback((key, firing) -> BY_METHOD.during(() ->
                                time.registry().timers("once", String.class).delete(key)))
                        .historySize(8)
                        .build());
        once.start("key", MINUTE);
        fire(MINUTE);
        assertThat(departed(once))
                .containsExactly(
                        "Deleted at 2026-01-01T00:01:01Z by @StartSlot CartService.onRequest.",
                        "It had fired at 2026-01-01T00:01:01Z.");
    }

    @Test
    void periodic_saysThatItsPeriodArmedIt() {
        TimerSlots<String> polls = time.registry()
                .register(TimerMapSpec.named("poll", String.class)
                        .callback((key, firing) -> {})
                        .every(MINUTE)
                        .historySize(8)
                        .build());
        polls.start("key");
        fire(MINUTE);
        assertThat(SlotExplanation.of(polls.find("key").orElseThrow(), polls, true, text -> text))
                .startsWith(
                        "Armed by its own period at 2026-01-01T00:01:01Z.", "Due at 2026-01-01T00:02:00Z, in PT59S.");
    }

    @Test
    void retriedOrPutOff_saysByWhatAndUntilWhen() {
        SlotCause retry = new SlotCause(Type.RETRY, "payments");
        SlotCause breaker = new SlotCause(Type.GUARD, "circuit breaker payments (open)");
        TimerSlots<String> orders = time.registry()
                .register(TimerMapSpec.named("order", String.class)
                        .callback((key, firing) -> {
                            if (firing.attempt() == 1) {
                                retry.during(() -> firing.retry(MINUTE));
                                throw new IllegalStateException("no answer");
                            }
                            breaker.during(() -> firing.postpone(MINUTE.multipliedBy(5)));
                        })
                        .historySize(16)
                        .build());
        orders.start("key", MINUTE);
        fire(MINUTE);
        assertThat(SlotExplanation.of(orders.find("key").orElseThrow(), orders, true, text -> text))
                .startsWith(
                        "Its run failed and will be tried again, decided at 2026-01-01T00:01:01Z by a retry (payments)"
                                + " for PT1M.",
                        "Due at 2026-01-01T00:02:01Z, in PT1M.");
        fire(MINUTE);
        assertThat(SlotExplanation.of(orders.find("key").orElseThrow(), orders, true, text -> text))
                .startsWith("Its callback was not called but postponed at 2026-01-01T00:02:02Z by circuit breaker"
                        + " payments (open) for PT5M.");
    }

    @Test
    void work_saysWhoSubmittedIt() {
        WorkSlots<String> works = time.registry()
                .register(WorkMapSpec.named("reindex", String.class)
                        .callback((key, firing) -> {})
                        .historySize(8)
                        .build());
        works.submit("key");
        assertThat(SlotExplanation.of(works.find("key").orElseThrow(), works, true, text -> text))
                .startsWith("Submitted at 2026-01-01T00:00:00Z by a call of the API.");
    }

    @Test
    void withoutHistory_saysWhichPropertyTurnsItOn() {
        TimerSlots<String> plain = time.registry()
                .register(TimerMapSpec.named("plain", String.class)
                        .callback((key, firing) -> {})
                        .build());
        plain.start("key", MINUTE);
        assertThat(SlotExplanation.of(plain.find("key").orElseThrow(), plain, true, text -> text))
                .containsExactly(
                        "Due at 2026-01-01T00:01:00Z, in PT1M.",
                        "Nothing else is on record: the history is off (asyncslot.history.size, or"
                                + " asyncslot.maps.plain.history-size), or begins with the next event.");
    }
}
