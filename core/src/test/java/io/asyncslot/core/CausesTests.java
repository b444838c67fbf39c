package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotCause;
import io.asyncslot.SlotCause.Type;
import io.asyncslot.SlotEvent;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.fixture.Bench;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CausesTests {

    private static final SlotCause ALICE = new SlotCause(Type.ENDPOINT, "user alice");

    @Test
    void number_standsForItsCause() {
        Causes causes = new Causes();
        assertThat(causes.number(null)).isZero();
        assertThat(causes.cause(0)).isNull();
        int number = causes.number(ALICE);
        assertThat(causes.number(new SlotCause(Type.ENDPOINT, "user alice"))).isEqualTo(number);
        assertThat(causes.cause(number)).isEqualTo(ALICE);
    }

    @Test
    void tooMany_keepTheirTypeAndLoseTheirName() {
        Causes causes = new Causes();
        for (int i = 0; i < Causes.MOST; i++) {
            causes.number(new SlotCause(Type.ENDPOINT, "user " + i));
        }
        assertThat(causes.cause(causes.number(new SlotCause(Type.ENDPOINT, "user 3"))))
                .isEqualTo(new SlotCause(Type.ENDPOINT, "user 3"));
        assertThat(causes.cause(causes.number(ALICE))).isEqualTo(new SlotCause(Type.ENDPOINT, null));
        assertThat(causes.cause(causes.number(new SlotCause(Type.RETRY, "late"))))
                .isEqualTo(new SlotCause(Type.RETRY, null));
    }

    @Test
    void during_isNestedAndGivenBack_alsoWhenItThrows() {
        List<@Nullable SlotCause> seen = new ArrayList<>();
        SlotCause inner = new SlotCause(Type.ANNOTATION, "@StartSlot");
        ALICE.during(() -> {
            seen.add(SlotCause.current());
            try {
                inner.during(() -> {
                    seen.add(SlotCause.current());
                    throw new IllegalStateException();
                });
            } catch (IllegalStateException e) {
                seen.add(SlotCause.current());
            }
            return true;
        });
        seen.add(SlotCause.current());
        assertThat(seen).containsExactly(ALICE, inner, ALICE, null);
    }

    @Test
    void history_notesWhoDidWhat() {
        try (Bench bench = new Bench()) {
            TimerSlots<String> map = bench.timers(
                    String.class,
                    (key, firing) -> firing.restart(Duration.ofSeconds(5)),
                    spec -> spec.historySize(16).every(Duration.ofSeconds(1)).whenIdle(WhenIdle.KEEP));
            ALICE.during(() -> map.start("key", Duration.ofSeconds(1)));
            map.touch("key", Duration.ofSeconds(2));
            bench.advanceAndRun(Duration.ofSeconds(2));
            bench.advanceAndRun(Duration.ofSeconds(5));
            map.touch("key", Duration.ZERO);
            map.cancel("key");
            assertThat(map.find("key").orElseThrow().history())
                    .extracting(CausesTests::line)
                    .containsExactly(
                            "STARTED ENDPOINT",
                            "MOVED -",
                            "FIRED -",
                            "REARMED CALLBACK",
                            "COMPLETED -",
                            "FIRED -",
                            "REARMED CALLBACK",
                            "COMPLETED -",
                            "MOVED -",
                            "CANCELLED -");
        }
    }

    @Test
    void history_ofASeries_saysThatThePeriodArmedIt() {
        try (Bench bench = new Bench()) {
            TimerSlots<String> map = bench.timers(
                    String.class,
                    (key, firing) -> {},
                    spec -> spec.historySize(16).every(Duration.ofSeconds(1)).whenIdle(WhenIdle.KEEP));
            map.start("key");
            bench.advanceAndRun(Duration.ofSeconds(1));
            bench.advanceAndRun(Duration.ofSeconds(1));
            assertThat(map.find("key").orElseThrow().history())
                    .extracting(CausesTests::line)
                    .containsExactly("STARTED -", "FIRED -", "COMPLETED -", "FIRED PERIOD", "COMPLETED -");
        }
    }

    private static String line(SlotEvent event) {
        SlotCause cause = event.cause();
        return event.kind() + " " + (cause == null ? "-" : cause.type());
    }
}
