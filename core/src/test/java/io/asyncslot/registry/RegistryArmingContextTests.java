package io.asyncslot.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.ArmingContext;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotType;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.fixture.HandExecutor;
import io.asyncslot.fixture.ManualTicker;
import io.asyncslot.jvm.JvmBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What was taken down where a slot was armed is there in the run of that arming, and in no other. */
class RegistryArmingContextTests {

    private static final Duration DELAY = Duration.ofSeconds(10);

    private final ManualTicker ticker = new ManualTicker();
    private final HandExecutor executor = new HandExecutor();
    private final JvmBackend backend = JvmBackend.manual();
    private final List<String> ran = new ArrayList<>();

    /** Where the test says it is. */
    private @Nullable String place;

    private final ArmingContext<String> where = () -> place;
    private final ArmingContext<Integer> length = () -> place == null ? null : place.length();

    private final AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(executor)
            .ticker(ticker)
            .backend(backend)
            .armingContext(where)
            .armingContext(length)
            .build();

    RegistryArmingContextTests() {
        registry.start();
    }

    @AfterEach
    void close() {
        registry.close();
    }

    @Test
    void run_seesWhatItsStartTookDown() {
        TimerSlots<String> timers = timers();
        at("request 1", () -> timers.start("a"));
        at("request 22", () -> timers.start("b"));
        timers.start("c");
        advance(DELAY);
        assertThat(ran).containsExactlyInAnyOrder("a: request 1, 9", "b: request 22, 10", "c: null, null");
    }

    @Test
    void run_seesWhatItsBatchTookDown() {
        TimerSlots<String> timers = timers();
        at("before", () -> timers.start("a"));
        at("batch", () -> timers.startAll(List.of("a", "b"), DELAY));
        advance(DELAY);
        assertThat(ran).containsExactlyInAnyOrder("a: batch, 5", "b: batch, 5");
    }

    @Test
    void start_replacesWhatAnEarlierOneTookDown() {
        TimerSlots<String> timers = timers();
        at("first", () -> timers.start("a"));
        at("second", () -> timers.start("a"));
        at("touch", () -> timers.touch("a"));
        advance(DELAY);
        timers.start("a");
        advance(DELAY);
        assertThat(ran).containsExactly("a: second, 6", "a: null, null");
    }

    @Test
    void retry_seesWhatTheStartOfItsFiringTookDown() {
        List<@Nullable String> seen = new ArrayList<>();
        TimerSlots<String> timers = registry.register(TimerMapSpec.named("t", String.class)
                .delay(DELAY)
                .callback((key, firing) -> {
                    seen.add(firing.armedIn(where));
                    if (firing.attempt() < 3) {
                        firing.retry(DELAY);
                    }
                })
                .build());
        at("request", () -> timers.start("a"));
        advance(DELAY);
        advance(DELAY);
        at("other", () -> timers.start("a"));
        advance(DELAY);
        assertThat(seen).containsExactly("request", "request", "other");
    }

    @Test
    void start_takesNothingDown_replacesWhatAnEarlierOneTookDown() {
        TimerSlots<String> timers = timers();
        at("first", () -> timers.start("a"));
        timers.start("a");
        advance(DELAY);
        assertThat(ran).containsExactly("a: null, null");
    }

    @Test
    void newIncarnation_hasNothingOfTheFormerOne() {
        TimerSlots<String> timers = timers();
        at("first", () -> timers.start("a"));
        timers.delete("a");
        timers.start("a");
        advance(DELAY);
        assertThat(ran).containsExactly("a: null, null");
    }

    @Test
    void startWhileRunning_isForTheNextRun_alsoWhenCancelledAndRepeated() {
        List<@Nullable String> seen = new ArrayList<>();
        TimerSlots<String> timers = registry.register(TimerMapSpec.named("t", String.class)
                .delay(DELAY)
                .callback((key, firing) -> {
                    if (seen.isEmpty()) {
                        at("cancelled", () -> firing.restart(DELAY));
                        timersOf("t").cancel(key);
                        at("again", () -> firing.restart(DELAY));
                        at("last", () -> timersOf("t").start(key));
                    }
                    seen.add(firing.armedIn(where));
                })
                .build());
        at("first", () -> timers.start("a"));
        advance(DELAY);
        advance(DELAY);
        advance(DELAY);
        assertThat(seen).containsExactly("first", "last");
    }

    @Test
    void periodicSlot_keepsWhatTheStartOfItsSeriesTookDown() {
        TimerSlots<String> timers = registry.register(spec().every(DELAY).build());
        at("first", () -> timers.start("a"));
        advance(DELAY);
        advance(DELAY);
        at("second", () -> timers.start("a"));
        advance(DELAY);
        advance(DELAY);
        timers.cancel("a");
        timers.start("a");
        advance(DELAY);
        assertThat(ran).containsExactly("a: first, 5", "a: first, 5", "a: second, 6", "a: second, 6", "a: null, null");
    }

    @Test
    void work_seesWhatTheSubmitTookDownThatMadeItPending() {
        WorkSlots<String> works = registry.register(
                WorkMapSpec.named("w", String.class).callback(this::note).build());
        at("first", () -> works.submit("a"));
        at("absorbed", () -> works.submit("a"));
        executor.runAll();
        at("second", () -> works.submit("a"));
        executor.runAll();
        works.submit("a");
        executor.runAll();
        assertThat(ran).containsExactly("a: first, 5", "a: second, 6", "a: null, null");
    }

    @Test
    void firing_saysNothingOnceTheCallbackHasEnded_norToAStranger() {
        List<SlotFiring> firings = new ArrayList<>();
        TimerSlots<String> timers = registry.register(TimerMapSpec.named("t", String.class)
                .delay(DELAY)
                .callback((key, firing) -> {
                    assertThat(firing.armedIn(where)).isEqualTo("first");
                    assertThat(firing.armedIn(() -> "stranger")).isNull();
                    assertThat(firing.type()).isEqualTo(SlotType.TIMER);
                    firings.add(firing);
                })
                .build());
        at("first", () -> timers.start("a"));
        advance(DELAY);
        assertThat(timers.stats().failed()).isZero();
        assertThat(firings).hasSize(1);
        assertThat(firings.get(0).armedIn(where)).isNull();
    }

    @Test
    void failingContext_armsAllTheSame() {
        JvmBackend own = JvmBackend.manual();
        ArmingContext<String> failing = () -> {
            throw new IllegalStateException("no context here");
        };
        try (AsyncSlotRegistry other = new AsyncSlotRegistryBuilder(executor)
                .ticker(ticker)
                .backend(own)
                .armingContext(failing)
                .build()) {
            other.start();
            List<@Nullable String> seen = new ArrayList<>();
            TimerSlots<String> timers = other.register(TimerMapSpec.named("t", String.class)
                    .callback((key, firing) -> seen.add(firing.armedIn(failing)))
                    .build());
            timers.start("a", Duration.ZERO);
            own.pump();
            executor.runAll();
            assertThat(seen).containsExactly((String) null);
        }
    }

    private TimerSlots<String> timers() {
        return registry.register(spec().delay(DELAY).build());
    }

    private TimerMapSpec.Builder<String> spec() {
        return TimerMapSpec.named("t", String.class).callback(this::note);
    }

    private TimerSlots<String> timersOf(String map) {
        return registry.timers(map, String.class);
    }

    private void note(String key, SlotFiring firing) {
        ran.add(key + ": " + firing.armedIn(where) + ", " + firing.armedIn(length));
    }

    private void at(String where, Runnable action) {
        place = where;
        try {
            action.run();
        } finally {
            place = null;
        }
    }

    private void advance(Duration span) {
        ticker.advance(span);
        do {
            backend.pump();
        } while (executor.runAll() != 0);
    }
}
