package io.asyncslot.jcstress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.openjdk.jcstress.annotations.Expect;

/** The judge: what it lets pass, and every way in which it must not. */
class VerdictTests {

    private static final String REAL = "io.asyncslot.core.Made.Real";
    private static final String TWIN = "io.asyncslot.core.Made.Weakened";

    private final Verdict verdict = new Verdict(List.of(REAL, TWIN));

    @BeforeEach
    void bothAsTheyShouldBe() {
        verdict.race(REAL).saw("1, 1", Expect.ACCEPTABLE, 1_000);
        verdict.race(REAL).saw("1, 0", Expect.FORBIDDEN, 0);
        verdict.race(TWIN).saw("1, 1", Expect.ACCEPTABLE, 1_000);
        verdict.race(TWIN).saw("1, 0", Expect.ACCEPTABLE_INTERESTING, 3);
    }

    @Test
    void passesWhenTheRealClassHoldsAndTheTwinDoesNot() {
        assertThat(verdict.isGood()).isTrue();
        assertThat(verdict.silent()).isEmpty();
        assertThat(printed()).contains("core.Made", "1003", "jcstress: passed");
    }

    @Test
    void failsOnOneForbiddenOutcomeOfARealClass() {
        verdict.race(REAL).saw("1, 0", Expect.FORBIDDEN, 1);

        assertThat(verdict.isGood()).isFalse();
        assertThat(printed()).contains("FAILED", "forbidden outcome", "1, 0 !=1", "jcstress: FAILED");
    }

    @Test
    void failsWhenATwinDidNotShowItsOutcome() {
        Verdict silent = new Verdict(List.of(REAL, TWIN));
        silent.race(REAL).saw("1, 1", Expect.ACCEPTABLE, 1_000);
        silent.race(TWIN).saw("1, 1", Expect.ACCEPTABLE, 1_000);

        assertThat(silent.isGood()).isFalse();
        assertThat(silent.race(TWIN).complaint()).contains("did not show");
        assertThat(TWIN).matches(silent.silent());
        assertThat(REAL).doesNotMatch(silent.silent());
    }

    @Test
    void failsWhenATestDidNotRun() {
        Verdict idle = new Verdict(List.of(REAL, TWIN));
        idle.race(TWIN).saw("1, 0", Expect.ACCEPTABLE_INTERESTING, 3);

        assertThat(idle.isGood()).isFalse();
        assertThat(idle.race(REAL).complaint()).isEqualTo("no samples");
    }

    @Test
    void failsWhenARunBroke() {
        verdict.race(REAL).broke("TIMEOUT_ERROR");

        assertThat(verdict.isGood()).isFalse();
        assertThat(printed()).contains("TIMEOUT_ERROR");
    }

    @Test
    void failsWhenARealClassShowsWhatOnlyATwinMay() {
        verdict.race(REAL).saw("1, 0", Expect.ACCEPTABLE_INTERESTING, 1);

        assertThat(verdict.isGood()).isFalse();
    }

    @Test
    void failsWhenTheRaceWasNotReached() {
        verdict.race(REAL).saw("0, 1", Expect.ACCEPTABLE, 0);

        assertThat(verdict.race(REAL).complaint()).contains("not reached");
        assertThat(REAL).matches(verdict.silent());

        verdict.race(REAL).saw("0, 1", Expect.ACCEPTABLE, 1);

        assertThat(verdict.isGood()).isTrue();
    }

    @Test
    void failsOnNothingAtAll() {
        assertThat(new Verdict(List.of()).isGood()).isFalse();
    }

    private String printed() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        verdict.print(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
