package io.asyncslot.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.LatePolicy;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotCause.Type;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.autoconfigure.AsyncSlotProperties;
import io.asyncslot.test.ManualTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/**
 * What operators ask about a slot that was armed again a thousand times: each question has its answer in what the endpoint
 * shows, with the history that is on by default. Time begins at 2026-01-01T00:00:00Z and moves by a second per re-arm.
 */
class OperatorQuestionsTests {

    private static final int DEFAULT_HISTORY = new Binder(new MapConfigurationPropertySource())
            .bindOrCreate("asyncslot", AsyncSlotProperties.class)
            .history()
            .size();
    private static final int REARMS = 1_000;
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final SlotCause BY_METHOD = new SlotCause(Type.ANNOTATION, "@StartSlot Cart.onRequest");
    private static final SlotCause BY_TOUCH = new SlotCause(Type.ANNOTATION, "@TouchSlot Cart.onPing");
    private static final SlotCause BY_ALICE = new SlotCause(Type.ENDPOINT, "user alice");
    private static final String KEY = "key";

    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private boolean refuses;
    private final ManualTime time = ManualTime.create(ManualTime.DEFAULT_WALL_CLOCK, task -> {
        if (refuses) {
            throw new RejectedExecutionException("full");
        }
        tasks.add(task);
    });
    private boolean fails;
    private TimerSlots<String> slots = map(spec -> spec.whenIdle(WhenIdle.KEEP));

    @AfterEach
    void close() {
        time.close();
    }

    private TimerSlots<String> map(UnaryOperator<TimerMapSpec.Builder<String>> more) {
        return time.registry()
                .register(more.apply(TimerMapSpec.named(
                                        "map" + time.registry().maps().size(), String.class)
                                .callback((key, firing) -> {
                                    time.ticker().advance(Duration.ofSeconds(2));
                                    if (fails) {
                                        throw new IllegalStateException("no stock");
                                    }
                                })
                                .historySize(DEFAULT_HISTORY))
                        .build());
    }

    /** Started by the API, and then armed again a thousand times by requests. */
    private void armedAnew() {
        slots.start(KEY, HOUR);
        for (int i = 0; i < REARMS; i++) {
            time.advance(SECOND);
            BY_METHOD.during(() -> slots.start(KEY, HOUR));
        }
    }

    private void fire(Duration span) {
        time.advance(span);
        run();
    }

    private void run() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    /** All that the endpoint shows of the slot, a line each. */
    private String shown() {
        List<String> lines = new ArrayList<>();
        SlotSnapshot slot = slots.find(KEY).or(() -> slots.findDeparted(KEY)).orElseThrow();
        boolean there = slots.find(KEY).isPresent();
        lines.addAll(
                there
                        ? SlotExplanation.of(slot, slots, time.registry().isRunning(), text -> text)
                        : SlotExplanation.ofDeparted(slot, text -> text));
        slot.history()
                .forEach(event -> lines.add(event.time() + " " + event.kind() + " x" + event.count() + " "
                        + event.detail() + " " + SlotExplanation.phrase(event.cause())));
        return String.join("\n", lines);
    }

    @Test
    void whenWasItFirstArmed_byWhom_howOftenAnew_andByWhomLast() {
        armedAnew();
        assertThat(shown())
                .contains("first at 2026-01-01T00:00:00Z by a call of the API", "armed again 1000 times")
                .contains("Armed at 2026-01-01T00:16:40Z by @StartSlot Cart.onRequest for PT1H");
    }

    @Test
    void whenIsItDue_andWhyHasItNotFiredYet() {
        armedAnew();
        assertThat(shown()).contains("Due at 2026-01-01T01:16:40Z, in PT1H.");
    }

    @Test
    void howOftenWasItMoved_whenLast_byWhom() {
        slots.start(KEY, HOUR);
        for (int i = 0; i < REARMS; i++) {
            time.advance(SECOND);
            BY_METHOD.during(() -> slots.start(KEY, HOUR));
            BY_TOUCH.during(() -> slots.touch(KEY, HOUR));
        }
        assertThat(shown())
                .contains("armed again 1000 times")
                .contains(
                        "moved 1000 times in between, last at 2026-01-01T00:16:40Z by @TouchSlot Cart.onPing for PT1H");
    }

    @Test
    void whichOfTwoMethodsArmsIt_andHowOftenEach() {
        slots.start(KEY, HOUR);
        for (int i = 0; i < REARMS / 2; i++) {
            BY_METHOD.during(() -> slots.start(KEY, HOUR));
            slots.start(KEY, HOUR);
        }
        assertThat(shown()).contains("REARMED x500 PT1H @StartSlot Cart.onRequest", "REARMED x500 PT1H null");
    }

    @Test
    void whoCancelledItBeforeItWasArmedAgain() {
        slots.start(KEY, HOUR);
        BY_ALICE.during(() -> slots.cancel(KEY));
        armedAnew();
        assertThat(shown())
                .contains("Before that it was cancelled, at 2026-01-01T00:00:00Z by the endpoint (user alice).");
    }

    @Test
    void whoCancelledIt_andWhen() {
        armedAnew();
        BY_ALICE.during(() -> slots.cancel(KEY));
        assertThat(shown())
                .contains("Nothing is pending: cancelled at 2026-01-01T00:16:40Z by the endpoint (user alice).");
    }

    @Test
    void whoCancelledASlotThatIsGone() {
        slots = map(spec -> spec.whenIdle(WhenIdle.FREE));
        armedAnew();
        BY_ALICE.during(() -> slots.cancel(KEY));
        assertThat(shown())
                .contains(
                        "There is no slot",
                        "It had been cancelled at 2026-01-01T00:16:40Z by the endpoint (user alice).")
                .contains("REARMED x1000");
    }

    @Test
    void whoDeletedIt_andWasItPending() {
        armedAnew();
        BY_ALICE.during(() -> slots.delete(KEY));
        assertThat(shown())
                .contains("Deleted at 2026-01-01T00:16:40Z by the endpoint (user alice).")
                .contains("It was pending then: armed at 2026-01-01T00:16:40Z by @StartSlot Cart.onRequest for PT1H");
    }

    @Test
    void whoPausedIt_andSinceWhen() {
        slots.start(KEY, HOUR);
        BY_ALICE.during(() -> slots.pause(KEY));
        for (int i = 0; i < REARMS; i++) {
            slots.start(KEY, HOUR);
        }
        assertThat(shown()).contains("Paused since 2026-01-01T00:00:00Z by the endpoint (user alice)");
    }

    @Test
    void whoResumedIt() {
        armedAnew();
        slots.pause(KEY);
        BY_ALICE.during(() -> slots.resume(KEY));
        for (int i = 0; i < REARMS; i++) {
            slots.start(KEY, HOUR);
        }
        assertThat(shown()).contains("RESUMED x1 null the endpoint (user alice)");
    }

    @Test
    void isTheWholeMapPaused() {
        armedAnew();
        slots.pause();
        fire(HOUR);
        assertThat(shown()).contains("it waits for a resume", "The whole map is paused since 2026-01-01T00:16:40Z");
    }

    @Test
    void itIsOverdue_whatDoesItWaitFor() {
        armedAnew();
        time.advance(HOUR.plus(SECOND));
        assertThat(shown()).contains("Due since 2026-01-01T01:16:40Z; it waits for a thread of the executor");
    }

    @Test
    void theExecutorRefusesIt() {
        armedAnew();
        refuses = true;
        time.advance(HOUR.plus(SECOND));
        assertThat(shown())
                .contains("Due since 2026-01-01T01:16:40Z; it waits for the executor, which refused it at")
                .contains("REARMED x1000");
    }

    @Test
    void areCallbacksStopped() throws Exception {
        armedAnew();
        time.registry().stop(SECOND);
        time.advance(HOUR.plus(SECOND));
        assertThat(shown()).contains("it waits for the start of the application: no callbacks run yet");
    }

    @Test
    void whenDidItFire_howLate_why_andHowLongDidItRun() {
        armedAnew();
        time.advance(HOUR);
        time.ticker().advance(SECOND); // a thread is free a second later
        run();
        assertThat(shown())
                .contains("Fired at 2026-01-01T01:16:41Z", "PT1S late (wake-up PT0S, queue PT1S, gate PT0S)")
                .contains("it ran PT2S and returned");
    }

    @Test
    void whyWasTheLastRunLate_afterItWasArmedAgain() {
        armedAnew();
        slots.pause(KEY);
        time.advance(HOUR.plus(SECOND));
        slots.resume(KEY);
        fire(Duration.ZERO);
        armedAnew();
        assertThat(shown())
                .contains("PT1S late (wake-up PT0S, queue PT0S, gate PT1S)")
                .contains("REARMED x1000");
    }

    @Test
    void didTheLastRunFail_withWhat_whichGeneration() {
        armedAnew();
        fails = true;
        fire(HOUR);
        long generation = slots.find(KEY).orElseThrow().generation();
        armedAnew();
        assertThat(shown()).contains("generation " + generation, "failed: java.lang.IllegalStateException: no stock");
    }

    @Test
    void didARunThatWasStartedAThousandTimesFailInASlotThatIsGone() {
        slots = map(spec -> spec.whenIdle(WhenIdle.FREE));
        armedAnew();
        fails = true;
        fire(HOUR);
        assertThat(shown())
                .contains("It had fired at 2026-01-01T01:16:40Z", "java.lang.IllegalStateException: no stock");
    }

    @Test
    void didTheClockMoveIt() {
        slots = map(spec -> spec.every(HOUR).clock(SlotClock.REALTIME));
        slots.start(KEY);
        for (int i = 0; i < REARMS; i++) {
            slots.start(KEY);
        }
        fire(HOUR);
        time.ticker().setWallClock(time.now().plus(HOUR.multipliedBy(5)));
        fire(SECOND);
        time.ticker().setWallClock(time.now().minus(HOUR.multipliedBy(5)));
        fire(SECOND);
        assertThat(shown()).contains("by the wall clock, which was set back");
    }

    @Test
    void howManyPeriodsWereLeftOut() {
        slots = map(spec -> spec.every(HOUR).late(LatePolicy.SKIP));
        slots.start(KEY);
        for (int i = 0; i < REARMS; i++) {
            slots.start(KEY);
        }
        fire(HOUR);
        for (int i = 0; i < 5; i++) {
            time.ticker().advance(HOUR.multipliedBy(3));
            fire(Duration.ZERO);
        }
        assertThat(shown()).contains("SKIPPED x5").contains("REARMED x1000");
    }
}
