package io.asyncslot.test;

import static io.asyncslot.test.SlotAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Manual time by parameter, and what the assertions say. */
@AsyncSlotTest
class AsyncSlotTestTests {

    private static final Duration HALF_AN_HOUR = Duration.ofMinutes(30);

    private final List<String> fired = new ArrayList<>();
    private TimerSlots<String> sessions;

    @BeforeEach
    void register(AsyncSlotRegistry registry) {
        sessions = registry.register(TimerMapSpec.named("session", String.class)
                .callback((key, firing) -> {
                    fired.add(key);
                    assertThat(sessions).slot(key).isRunning();
                })
                .build());
    }

    @Test
    void timeIsTheTests(ManualTime time, AsyncSlotRegistry registry) {
        assertThat(time.registry()).isSameAs(registry);
        assertThat(sessions).slot("s1").isAbsent();
        sessions.start("s1", HALF_AN_HOUR);
        time.runPending(); // the engine takes the command, and gives its reference back
        assertThat(sessions)
                .hasSlots(1)
                .hasArmed(1)
                .isAtRest()
                .slot("s1")
                .isArmed()
                .isArmedFor(HALF_AN_HOUR);
        time.advance(HALF_AN_HOUR.minusNanos(1_000));
        assertThat(fired).isEmpty();
        time.advance(Duration.ofNanos(1_000));
        assertThat(fired).containsExactly("s1");
        assertThat(sessions)
                .hasArmed(0)
                .hasFired(1)
                .hasNoFailures()
                .isAtRest()
                .hasSlots(0)
                .slot("s1")
                .isAbsent();
    }

    @Test
    void eachTestHasItsOwn(ManualTime time) {
        assertThat(time.now()).isEqualTo(ManualTime.DEFAULT_WALL_CLOCK);
        assertThat(time.registry().maps()).hasSize(1);
        assertThat(sessions).hasSlots(0).hasFired(0);
    }

    @Test
    void assertionsSayWhatIs(ManualTime time) {
        sessions.start("s1", HALF_AN_HOUR);
        assertThat(sessions).slot("s1").isDueAt(time.now().plus(HALF_AN_HOUR));
        fails(() -> assertThat(sessions).slot("s2").isArmed(), "session[s2]", "there is none");
        fails(() -> assertThat(sessions).slot("s1").isAbsent(), "session[s1]", "ARMED, due in PT30M");
        fails(() -> assertThat(sessions).slot("s1").isIdle(), "to be IDLE", "ARMED");
        fails(() -> assertThat(sessions).slot("s1").isRunning(), "to be running");
        fails(() -> assertThat(sessions).slot("s1").isArmedFor(Duration.ofHours(1)), "PT1H", "PT30M");
        fails(() -> assertThat(sessions).slot("s1").isDueAt(time.now()), "to be due at");
        fails(() -> assertThat(sessions).hasFired(1), "to have 1 firings, but it has 0");
        sessions.cancel("s1");
        fails(() -> assertThat(sessions).slot("s1").isArmed(), "to be armed, but there is none");
    }

    @Test
    void mapIsNotAtRest_insideItsOwnCallback(ManualTime time) {
        List<String> seen = new ArrayList<>();
        List<WorkSlots<String>> self = new ArrayList<>();
        self.add(time.registry()
                .register(WorkMapSpec.named("w", String.class)
                        .callback((key, firing) -> {
                            fails(() -> assertThat(self.get(0)).isAtRest(), "1 callbacks run");
                            seen.add(key);
                        })
                        .build()));
        self.get(0).submit("k");
        time.runPending();
        assertThat(seen).containsExactly("k");
        assertThat(self.get(0)).hasNoFailures().isAtRest();
    }

    private static void fails(Runnable assertion, String... words) {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(assertion::run)
                .withMessageContainingAll(words);
    }
}
