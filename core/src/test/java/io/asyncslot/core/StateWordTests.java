package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.asyncslot.LatePolicy;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.backend.Micros;
import io.asyncslot.backend.Periods;
import io.asyncslot.core.StateWord.Arming;
import io.asyncslot.core.StateWord.Beginning;
import io.asyncslot.core.StateWord.Disarming;
import io.asyncslot.core.StateWord.Freeing;
import io.asyncslot.core.StateWord.Move;
import io.asyncslot.core.StateWord.Redelivering;
import io.asyncslot.core.StateWord.Submission;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every transition from every combination of flags, one thread. */
class StateWordTests {

    private static final long FIRST = 1_000;
    private static final long GENERATION = 5;
    private static final int REFERENCES = 3;

    static final class Word extends StateWord {
        private final boolean freesIdle;

        Word() {
            this(false);
        }

        Word(boolean freesIdle) {
            super(FIRST, GENERATION, REFERENCES);
            this.freesIdle = freesIdle;
        }

        Word(long deadline, long generation, int references) {
            super(deadline, generation, references);
            this.freesIdle = false;
        }

        @Override
        boolean freesIdle() {
            return freesIdle;
        }
    }

    /** What a slot can be in. */
    enum State {
        IDLE,
        ARMED,
        RUNNING,
        RUNNING_ARMED,
        FREED,
        FREED_RUNNING
    }

    /** A word in a state; the latest deadline is {@link #FIRST} where armed. */
    private static Word in(State state) {
        Word word = new Word();
        switch (state) {
            case IDLE -> word.disarm();
            case ARMED -> {}
            case RUNNING, FREED_RUNNING -> word.beginFire(FIRST, Periods.ONE_SHOT, new FiredRun());
            case RUNNING_ARMED -> {
                word.beginFire(FIRST, Periods.ONE_SHOT, new FiredRun());
                word.arm(FIRST);
            }
            case FREED -> word.free();
        }
        if (state == State.FREED_RUNNING) {
            word.free();
        }
        return word;
    }

    /** All that can be seen of a word. */
    private static void check(StateWord word, State state, long deadline, long generation) {
        long seen = word.word();
        boolean armed = state == State.ARMED || state == State.RUNNING_ARMED;
        assertThat(StateWord.isArmed(seen)).as("armed in %s", word).isEqualTo(armed);
        assertThat(StateWord.isRunning(seen))
                .as("running in %s", word)
                .isEqualTo(state == State.RUNNING || state == State.RUNNING_ARMED || state == State.FREED_RUNNING);
        assertThat(StateWord.isFreed(seen))
                .as("freed in %s", word)
                .isEqualTo(state == State.FREED || state == State.FREED_RUNNING);
        if (armed) {
            assertThat(StateWord.deadline(seen)).as("deadline in %s", word).isEqualTo(deadline);
        }
        assertThat(word.generation()).as("generation in %s", word).isEqualTo(generation);
        assertThat(word.references()).as("references in %s", word).isEqualTo(REFERENCES);
    }

    private static long generationIn(State state) {
        return state == State.RUNNING_ARMED ? GENERATION + 1 : GENERATION;
    }

    private static Periods every(long micros, LatePolicy late) {
        return Periods.of(TimerMapSpec.named("m", String.class)
                .callback((key, firing) -> {})
                .every(Duration.ofNanos(micros * 1_000))
                .late(late)
                .build());
    }

    private static Periods once(long point) {
        return Periods.of(TimerMapSpec.named("m", String.class)
                .callback((key, firing) -> {})
                .schedule(after -> Micros.toInstant(point).isAfter(after) ? Micros.toInstant(point) : null)
                .late(LatePolicy.SKIP)
                .build());
    }

    @ParameterizedTest
    @EnumSource
    void everyState_isAsMade(State state) {
        check(in(state), state, FIRST, generationIn(state));
    }

    @ParameterizedTest
    @CsvSource({
        "IDLE, STARTED, ARMED",
        "ARMED, REARMED, ARMED",
        "RUNNING, STARTED, RUNNING_ARMED",
        "RUNNING_ARMED, REARMED, RUNNING_ARMED",
        "FREED, FREED, FREED",
        "FREED_RUNNING, FREED, FREED_RUNNING"
    })
    void arm_from(State from, Arming outcome, State to) {
        Word word = in(from);
        assertThat(word.arm(2_000)).isEqualTo(outcome);
        check(word, to, 2_000, generationIn(from) + (outcome == Arming.FREED ? 0 : 1));
    }

    @ParameterizedTest
    @CsvSource({
        "IDLE, SUBMITTED, ARMED, 2000",
        "ARMED, COALESCED, ARMED, 1000",
        "RUNNING, SUBMITTED, RUNNING_ARMED, 2000",
        "RUNNING_ARMED, COALESCED, RUNNING_ARMED, 1000",
        "FREED, FREED, FREED, 0",
        "FREED_RUNNING, FREED, FREED_RUNNING, 0"
    })
    void armIfIdle_from(State from, Submission outcome, State to, long deadline) {
        Word word = in(from);
        assertThat(word.armIfIdle(2_000)).isEqualTo(outcome);
        check(word, to, deadline, generationIn(from) + (outcome == Submission.SUBMITTED ? 1 : 0));
    }

    @ParameterizedTest
    @CsvSource({
        "IDLE, NOT_ARMED",
        "ARMED, MOVED",
        "RUNNING, NOT_ARMED",
        "RUNNING_ARMED, MOVED",
        "FREED, FREED",
        "FREED_RUNNING, FREED"
    })
    void move_from(State from, Move outcome) {
        Word word = in(from);
        assertThat(word.move(2_000)).isEqualTo(outcome);
        check(word, from, 2_000, generationIn(from));
    }

    @ParameterizedTest
    @CsvSource({
        "IDLE, NOT_ARMED, IDLE",
        "ARMED, CANCELLED, IDLE",
        "RUNNING, RUNNING, RUNNING",
        "RUNNING_ARMED, CANCELLED_WHILE_RUNNING, RUNNING",
        "FREED, FREED, FREED",
        "FREED_RUNNING, FREED, FREED_RUNNING"
    })
    void disarm_from(State from, Disarming outcome, State to) {
        Word word = in(from);
        assertThat(word.disarm()).isEqualTo(outcome);
        check(word, to, 0, generationIn(from));
    }

    @ParameterizedTest
    @CsvSource({
        "RUNNING, ARMED, RUNNING_ARMED, 2000",
        "RUNNING_ARMED, SUPERSEDED, RUNNING_ARMED, 1000",
        "FREED_RUNNING, FREED, FREED_RUNNING, 0"
    })
    void redeliver_from(State from, Redelivering outcome, State to, long deadline) {
        Word word = in(from);
        assertThat(word.redeliver(2_000, Periods.ONE_SHOT)).isEqualTo(outcome);
        check(word, to, deadline, generationIn(from));
    }

    @ParameterizedTest
    @EnumSource(names = {"IDLE", "ARMED"})
    void redeliver_withoutARun_isRefused(State from) {
        Word word = in(from);
        assertThatIllegalStateException().isThrownBy(() -> word.redeliver(2_000, Periods.ONE_SHOT));
        check(word, from, FIRST, generationIn(from));
    }

    @ParameterizedTest
    @CsvSource({"RUNNING, RUNNING", "RUNNING_ARMED, CANCELLED_WHILE_RUNNING"})
    void redeliver_afterACancel_isWithdrawn(State from, Disarming disarming) {
        Word word = in(from);
        assertThat(word.disarm()).isEqualTo(disarming);
        assertThat(word.disarm()).isEqualTo(Disarming.RUNNING);
        assertThat(word.redeliver(2_000, Periods.ONE_SHOT)).isEqualTo(Redelivering.WITHDRAWN);
        check(word, State.RUNNING, 0, generationIn(from));
        assertThat(word.arm(3_000)).isEqualTo(Arming.STARTED);
        assertThat(word.redeliver(2_000, Periods.ONE_SHOT)).isEqualTo(Redelivering.SUPERSEDED);
    }

    @ParameterizedTest
    @CsvSource({
        "ONCE, 1099, PUT_PERIOD_OFF",
        "ONCE, 1100, SUPERSEDED",
        "SKIP, 1100, SUPERSEDED",
        "ALL, 1100, PUT_PERIOD_OFF"
    })
    void redeliver_againstTheNextPeriod(LatePolicy late, long deadline, Redelivering outcome) {
        Periods periods = every(100, late);
        Word word = new Word();
        word.beginFire(FIRST, periods, new FiredRun());
        assertThat(word.redeliver(deadline, periods)).isEqualTo(outcome);
        check(word, State.RUNNING_ARMED, deadline, GENERATION + 1);
        assertThat(StateWord.isPeriod(word.word())).isEqualTo(outcome == Redelivering.SUPERSEDED);
    }

    @Test
    void beginFire_ofAPeriodDeliveredAgain_armsTheSamePeriodUnderItsGeneration() {
        Periods periods = every(100, LatePolicy.ONCE);
        Word word = new Word();
        word.beginFire(FIRST, periods, new FiredRun());
        word.redeliver(1_050, periods);
        word.endFire();
        FiredRun fired = new FiredRun();
        fired.again = new Redelivery(GENERATION, GENERATION + 1, FIRST, 2, false);
        assertThat(word.beginFire(1_050, periods, fired)).isEqualTo(Beginning.BEGUN);
        assertThat(fired.generation).isEqualTo(GENERATION);
        assertThat(fired.attempt).isEqualTo(2);
        assertThat(fired.rearmed).isTrue();
        check(word, State.RUNNING_ARMED, 1_100, GENERATION + 1);
        assertThat(StateWord.isPeriod(word.word())).isTrue();
    }

    @Test
    void beginFire_ofSomethingElse_forgetsTheRedelivery() {
        Word word = in(State.RUNNING);
        word.redeliver(2_000, Periods.ONE_SHOT);
        word.endFire();
        word.arm(2_000);
        FiredRun fired = new FiredRun();
        fired.again = new Redelivery(GENERATION, GENERATION, FIRST, 2, false);
        assertThat(word.beginFire(2_000, Periods.ONE_SHOT, fired)).isEqualTo(Beginning.BEGUN);
        assertThat(fired.again).isNull();
        assertThat(fired.attempt).isOne();
        assertThat(fired.generation).isEqualTo(GENERATION + 1);
    }

    @ParameterizedTest
    @CsvSource({
        "IDLE, IDLE, FREED",
        "ARMED, ARMED, FREED",
        "RUNNING, RUNNING, FREED_RUNNING",
        "RUNNING_ARMED, RUNNING_ARMED, FREED_RUNNING",
        "FREED, ALREADY, FREED",
        "FREED_RUNNING, ALREADY, FREED_RUNNING"
    })
    void free_from(State from, Freeing outcome, State to) {
        Word word = in(from);
        assertThat(word.free()).isEqualTo(outcome);
        check(word, to, 0, generationIn(from));
    }

    @ParameterizedTest
    @CsvSource({
        "IDLE, 1000, NOT_ARMED, IDLE",
        "ARMED, 999, NOT_DUE, ARMED",
        "ARMED, 1000, BEGUN, RUNNING",
        "ARMED, 1001, BEGUN, RUNNING",
        "RUNNING, 1000, NOT_ARMED, RUNNING",
        "RUNNING_ARMED, 999, NOT_DUE, RUNNING_ARMED",
        "FREED, 1000, FREED, FREED",
        "FREED_RUNNING, 1000, FREED, FREED_RUNNING"
    })
    void beginFire_from(State from, long now, Beginning outcome, State to) {
        Word word = in(from);
        FiredRun fired = new FiredRun();
        assertThat(word.beginFire(now, Periods.ONE_SHOT, fired)).isEqualTo(outcome);
        check(word, to, FIRST, generationIn(from));
        assertThat(fired.deadline).isEqualTo(outcome == Beginning.BEGUN ? FIRST : 0);
        assertThat(fired.generation).isEqualTo(outcome == Beginning.BEGUN ? GENERATION : 0);
        assertThat(fired.rearmed).isFalse();
    }

    @Test
    void beginFire_whileRunning_isRefusedAsABug() {
        Word word = in(State.RUNNING_ARMED);
        assertThatIllegalStateException()
                .isThrownBy(() -> word.beginFire(FIRST, Periods.ONE_SHOT, new FiredRun()))
                .withMessageContaining("two runs");
        check(word, State.RUNNING_ARMED, FIRST, GENERATION + 1);
    }

    @ParameterizedTest
    @CsvSource({"RUNNING, IDLE", "RUNNING_ARMED, ARMED", "FREED_RUNNING, FREED"})
    void endFire_from(State from, State to) {
        Word word = in(from);
        word.endFire();
        check(word, to, FIRST, generationIn(from));
    }

    @ParameterizedTest
    @EnumSource(names = {"IDLE", "ARMED", "FREED"})
    void endFire_ofNoRun_isRefusedAsABug(State from) {
        Word word = in(from);
        assertThatIllegalStateException().isThrownBy(word::endFire).withMessageContaining("had not begun");
        check(word, from, FIRST, GENERATION);
    }

    // ---- idle slots freed ----------------------------------------------------------------------------------------

    /** As {@link #in}, of a word that is freed rather than left idle. */
    private static Word freeing(State state) {
        Word word = new Word(true);
        switch (state) {
            case ARMED -> {}
            case RUNNING, FREED_RUNNING -> word.beginFire(FIRST, Periods.ONE_SHOT, new FiredRun());
            case RUNNING_ARMED -> {
                word.beginFire(FIRST, Periods.ONE_SHOT, new FiredRun());
                word.arm(FIRST);
            }
            case IDLE, FREED -> word.free();
        }
        if (state == State.FREED_RUNNING) {
            word.free();
        }
        return word;
    }

    @ParameterizedTest
    @CsvSource({
        "ARMED, CANCELLED_AND_FREED, FREED, true",
        "RUNNING, RUNNING, RUNNING, false",
        "RUNNING_ARMED, CANCELLED_WHILE_RUNNING, RUNNING, false",
        "FREED, FREED, FREED, false",
        "FREED_RUNNING, FREED, FREED_RUNNING, false"
    })
    void disarm_freesWhatItLeavesIdle(State from, Disarming outcome, State to, boolean freedIdle) {
        Word word = freeing(from);
        assertThat(word.disarm()).isEqualTo(outcome);
        check(word, to, FIRST, generationIn(from));
        assertThat(StateWord.isFreed(word.word()) && StateWord.isFreedIdle(word.word()))
                .isEqualTo(freedIdle);
    }

    @ParameterizedTest
    @CsvSource({"RUNNING, FREED, FREED", "RUNNING_ARMED, ARMED, LIVES", "FREED_RUNNING, FREED, FREED_BEFORE"})
    void endFire_freesWhatItLeavesIdle(State from, State to, StateWord.Ending ending) {
        Word word = freeing(from);
        assertThat(word.endFire()).isEqualTo(ending);
        check(word, to, FIRST, generationIn(from));
        assertThat(StateWord.isFreed(word.word()) && StateWord.isFreedIdle(word.word()))
                .as("freed by itself, not by a delete")
                .isEqualTo(ending == StateWord.Ending.FREED);
    }

    @Test
    void endFire_afterACancelOfTheRearm_freesOnce() {
        Word word = freeing(State.RUNNING_ARMED);
        assertThat(word.disarm()).isEqualTo(Disarming.CANCELLED_WHILE_RUNNING);
        assertThat(word.endFire()).isEqualTo(StateWord.Ending.FREED);
        assertThat(word.free()).isEqualTo(Freeing.ALREADY);
        assertThat(word.arm(2_000)).isEqualTo(Arming.FREED);
        assertThat(word.armIfIdle(2_000)).isEqualTo(Submission.FREED);
        assertThat(word.move(2_000)).isEqualTo(Move.FREED);
        assertThat(word.disarm()).isEqualTo(Disarming.FREED);
        word.release(REFERENCES);
        assertThat(word.tryReclaim()).isTrue();
        assertThat(word.tryReclaim()).isFalse();
    }

    @Test
    void endFire_ofARunThatIsDeliveredAgain_keepsTheSlot() {
        Word word = freeing(State.RUNNING);
        assertThat(word.redeliver(2_000, Periods.ONE_SHOT)).isEqualTo(Redelivering.ARMED);
        assertThat(word.endFire()).isNotEqualTo(StateWord.Ending.FREED);
        check(word, State.ARMED, 2_000, GENERATION);
    }

    @Test
    void freeIdle_freesOnlyWhatIsIdleAndNotKept() {
        assertThat(in(State.IDLE).freeIdle()).isFalse();
        assertThat(freeing(State.ARMED).freeIdle()).isFalse();
        assertThat(freeing(State.RUNNING).freeIdle()).isFalse();
        assertThat(freeing(State.FREED).freeIdle()).isFalse();
    }

    // ---- periods ------------------------------------------------------------------------------------------------

    @Test
    void beginFire_periodic_armsTheNextPointInTheSameStep() {
        Word word = new Word();
        FiredRun fired = new FiredRun();
        assertThat(word.beginFire(FIRST + 3, every(10, LatePolicy.ONCE), fired)).isEqualTo(Beginning.BEGUN);
        check(word, State.RUNNING_ARMED, FIRST + 10, GENERATION + 1);
        assertThat(StateWord.isPeriod(word.word())).isTrue();
        assertThat(fired.deadline).isEqualTo(FIRST);
        assertThat(fired.generation).isEqualTo(GENERATION);
        assertThat(fired.rearmed).isTrue();
    }

    @Test
    void beginFire_late_skipsOnlyWhatTheSlotArmedItself() {
        Word word = new Word();
        Periods periods = every(10, LatePolicy.SKIP);
        FiredRun fired = new FiredRun();
        assertThat(StateWord.isPeriod(word.word())).isFalse();
        assertThat(word.beginFire(FIRST + 500, periods, fired))
                .as("the caller's own start is never left out")
                .isEqualTo(Beginning.BEGUN);
        word.endFire();
        check(word, State.ARMED, FIRST + 510, GENERATION + 1);
        FiredRun second = new FiredRun();
        assertThat(word.beginFire(FIRST + 519, periods, second))
                .as("less than a period late")
                .isEqualTo(Beginning.BEGUN);
        word.endFire();
        check(word, State.ARMED, FIRST + 520, GENERATION + 2);
        FiredRun third = new FiredRun();
        assertThat(word.beginFire(FIRST + 530, periods, third))
                .as("a whole period late")
                .isEqualTo(Beginning.SKIPPED);
        check(word, State.ARMED, FIRST + 540, GENERATION + 3);
        assertThat(StateWord.isPeriod(word.word())).isTrue();
        assertThat(third.rearmed).isTrue();
        assertThat(third.generation).isZero();
    }

    @Test
    void arm_andMove_clearPeriod() {
        Periods periods = every(10, LatePolicy.SKIP);
        for (boolean byArm : new boolean[] {true, false}) {
            Word word = new Word();
            word.beginFire(FIRST, periods, new FiredRun());
            assertThat(StateWord.isPeriod(word.word())).isTrue();
            if (byArm) {
                word.arm(FIRST + 20);
            } else {
                word.move(FIRST + 20);
            }
            assertThat(StateWord.isPeriod(word.word())).isFalse();
            assertThat(word.skipOverrun(FIRST + 500, periods, new FiredRun())).isFalse();
            word.endFire();
            assertThat(word.beginFire(FIRST + 500, periods, new FiredRun())).isEqualTo(Beginning.BEGUN);
        }
    }

    @Test
    void disarm_andFree_clearPeriod() {
        Periods periods = every(10, LatePolicy.SKIP);
        for (boolean byDisarm : new boolean[] {true, false}) {
            Word word = new Word();
            word.beginFire(FIRST, periods, new FiredRun());
            if (byDisarm) {
                assertThat(word.disarm()).isEqualTo(Disarming.CANCELLED_WHILE_RUNNING);
            } else {
                assertThat(word.free()).isEqualTo(Freeing.RUNNING_ARMED);
            }
            assertThat(StateWord.isPeriod(word.word())).isFalse();
            assertThat(word.skipOverrun(FIRST + 500, periods, new FiredRun())).isFalse();
        }
    }

    @Test
    void beginFire_ofTheLastPoint_skippedOrNot_endsTheSeries() {
        Word word = new Word();
        FiredRun fired = new FiredRun();
        assertThat(word.beginFire(FIRST, once(FIRST + 10), fired)).isEqualTo(Beginning.BEGUN);
        assertThat(fired.rearmed).isTrue();
        assertThat(fired.byPeriod).as("armed by a start").isFalse();
        word.endFire();
        check(word, State.ARMED, FIRST + 10, GENERATION + 1);
        FiredRun last = new FiredRun();
        assertThat(word.beginFire(FIRST + 30, once(FIRST + 20), last)).isEqualTo(Beginning.SKIPPED);
        assertThat(last.rearmed).isFalse();
        assertThat(last.byPeriod).isTrue();
        check(word, State.IDLE, 0, GENERATION + 1);
        assertThat(StateWord.isPeriod(word.word())).isFalse();
    }

    @Test
    void skipOverrun_leavesOutWhatFellDueDuringTheRun() {
        Periods periods = every(10, LatePolicy.SKIP);
        Word word = new Word();
        word.beginFire(FIRST, periods, new FiredRun());
        FiredRun next = new FiredRun();
        assertThat(word.skipOverrun(FIRST + 9, periods, next)).as("not due yet").isFalse();
        check(word, State.RUNNING_ARMED, FIRST + 10, GENERATION + 1);
        assertThat(next.rearmed).isFalse();
        assertThat(word.skipOverrun(FIRST + 10, periods, next)).as("due now").isTrue();
        assertThat(next.rearmed).isTrue();
        check(word, State.RUNNING_ARMED, FIRST + 20, GENERATION + 2);
        assertThat(StateWord.isPeriod(word.word())).isTrue();
        assertThat(word.skipOverrun(FIRST + 25, periods, next)).isTrue();
        check(word, State.RUNNING_ARMED, FIRST + 30, GENERATION + 3);
    }

    @Test
    void skipOverrun_ofTheLastPoint_endsTheSeries() {
        Word word = new Word();
        word.beginFire(FIRST, once(FIRST + 10), new FiredRun());
        FiredRun next = new FiredRun();
        assertThat(word.skipOverrun(FIRST + 10, once(FIRST + 10), next)).isTrue();
        assertThat(next.rearmed).isFalse();
        check(word, State.RUNNING, 0, GENERATION + 1);
    }

    @ParameterizedTest
    @EnumSource(names = {"RUNNING", "RUNNING_ARMED", "FREED_RUNNING"})
    void skipOverrun_withoutAPeriod_changesNothing(State from) {
        Word word = in(from);
        assertThat(word.skipOverrun(FIRST + 500, every(10, LatePolicy.SKIP), new FiredRun()))
                .isFalse();
        check(word, from, FIRST, generationIn(from));
    }

    // ---- generations --------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(longs = {1, 63, 64, 127, 128, 129, 1_000_000_007L, (1L << 40) - 3})
    void generation_countsEveryArm_overManyTurnsOfTheTag(long first) {
        Word word = new Word(FIRST, first, 1);
        assertThat(word.generation()).isEqualTo(first);
        for (int i = 1; i <= 1_000; i++) {
            if (i % 3 == 0) {
                word.disarm();
            }
            assertThat(word.arm(FIRST + i % 2)).isEqualTo(i % 3 == 0 ? Arming.STARTED : Arming.REARMED);
            assertThat(word.generation()).isEqualTo(first + i);
        }
    }

    @Test
    void generation_countsSubmitsPeriodsAndSkips() {
        Word word = new Word(FIRST, 1, 1);
        long generation = 1;
        for (int i = 0; i < 500; i++) {
            word.disarm();
            assertThat(word.armIfIdle(FIRST)).isEqualTo(Submission.SUBMITTED);
            assertThat(word.generation()).isEqualTo(++generation);
        }
        Periods skip = every(10, LatePolicy.SKIP);
        long now = FIRST;
        for (int i = 0; i < 500; i++) {
            FiredRun fired = new FiredRun();
            long expected = generation;
            assertThat(word.beginFire(now, skip, fired)).isEqualTo(Beginning.BEGUN);
            assertThat(fired.generation).isEqualTo(expected);
            assertThat(word.generation()).isEqualTo(++generation);
            now += 10;
            assertThat(word.skipOverrun(now, skip, new FiredRun())).isTrue();
            assertThat(word.generation()).isEqualTo(++generation);
            word.endFire();
            now += 25;
            assertThat(word.beginFire(now, skip, new FiredRun())).isEqualTo(Beginning.SKIPPED);
            assertThat(word.generation()).isEqualTo(++generation);
            now = StateWord.deadline(word.word());
        }
    }

    @Test
    void deadline_keeps52Bits_besideAnyGeneration() {
        Word word = new Word(Micros.NEVER, 127, 1);
        assertThat(StateWord.deadline(word.word())).isEqualTo(Micros.NEVER);
        assertThat(word.generation()).isEqualTo(127);
        word.arm(0);
        assertThat(StateWord.deadline(word.word())).isZero();
        word.arm(Micros.NEVER - 1);
        assertThat(StateWord.deadline(word.word())).isEqualTo(Micros.NEVER - 1);
        assertThat(word.generation()).isEqualTo(129);
        assertThat(StateWord.isArmed(word.word())).isTrue();
        assertThat(StateWord.isRunning(word.word())).isFalse();
        assertThat(StateWord.isFreed(word.word())).isFalse();
    }

    // ---- references ---------------------------------------------------------------------------------------------

    @Test
    void retainAndRelease_count() {
        Word word = new Word(FIRST, 1, 1);
        assertThat(word.retain()).isTrue();
        assertThat(word.references()).isEqualTo(2);
        assertThat(word.release(1)).isFalse();
        assertThat(word.references()).isEqualTo(1);
        assertThat(word.release(1)).isTrue();
        assertThat(word.references()).isZero();
    }

    @Test
    void R11_retainAtZero_isRefusedForEver() {
        Word word = new Word(FIRST, 1, 1);
        word.release(1);
        assertThat(word.retain()).isFalse();
        assertThat(word.references()).isZero();
        assertThat(word.retain()).isFalse();
    }

    @Test
    void release_twice_isRefusedAsABug() {
        Word word = new Word(FIRST, 1, 1);
        word.release(1);
        assertThatIllegalStateException().isThrownBy(() -> word.release(1)).withMessageContaining("released twice");
    }

    @Test
    void tryReclaim_onlyFreedUnreferencedAndNotRunning_once() {
        Word word = new Word(FIRST, 1, 2);
        assertThat(word.tryReclaim()).as("live").isFalse();
        word.beginFire(FIRST, Periods.ONE_SHOT, new FiredRun());
        word.free();
        assertThat(word.tryReclaim()).as("running and referenced").isFalse();
        word.release(1);
        word.release(1);
        assertThat(word.tryReclaim()).as("running").isFalse();
        word.endFire();
        assertThat(word.tryReclaim()).as("done").isTrue();
        assertThat(word.tryReclaim()).as("again").isFalse();
        assertThat(StateWord.isFreed(word.word())).isTrue();
    }

    @Test
    void tryReclaim_whileReferenced_isRefused() {
        Word word = new Word(FIRST, 1, 1);
        word.free();
        assertThat(word.tryReclaim()).isFalse();
        word.release(1);
        assertThat(word.tryReclaim()).isTrue();
    }

    @Test
    void tryReclaim_ofALiveUnreferencedWord_isRefused() {
        Word word = new Word(FIRST, 1, 1);
        word.release(1);
        assertThat(word.tryReclaim()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(State.class)
    void takePending_freesWhatWouldRestThen(State state) {
        Word word = in(state);
        long before = word.word();
        Disarming expected = switch (state) {
            case IDLE -> Disarming.NOT_ARMED;
            case ARMED -> Disarming.CANCELLED_AND_FREED;
            case RUNNING -> Disarming.RUNNING;
            case RUNNING_ARMED -> Disarming.CANCELLED_WHILE_RUNNING;
            case FREED, FREED_RUNNING -> Disarming.FREED;
        };
        assertThat(word.takePending(false)).isEqualTo(expected);
        switch (state) {
            case ARMED -> check(word, State.FREED, 0, GENERATION);
            case RUNNING_ARMED -> check(word, State.RUNNING, 0, GENERATION + 1);
            case IDLE, RUNNING, FREED, FREED_RUNNING -> assertThat(word.word()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = State.class,
            names = {"ARMED", "RUNNING_ARMED"})
    void takePending_ofASlotThatIsToStay_leavesIt(State state) {
        Word word = in(state);
        boolean running = state == State.RUNNING_ARMED;
        assertThat(word.takePending(true)).isEqualTo(running ? Disarming.CANCELLED_WHILE_RUNNING : Disarming.CANCELLED);
        check(word, running ? State.RUNNING : State.IDLE, 0, generationIn(state));
    }

    @ParameterizedTest
    @EnumSource(
            value = State.class,
            names = {"ARMED", "RUNNING_ARMED"})
    void tryBringForward_changesTheDeadlineAlone_ofTheWordThatWasRead(State state) {
        Word word = in(state);
        long seen = word.word();
        assertThat(word.tryBringForward(seen, FIRST - 10)).isTrue();
        check(word, state, FIRST - 10, generationIn(state));
        assertThat(word.tryBringForward(seen, FIRST - 20)).isFalse();
        check(word, state, FIRST - 10, generationIn(state));
    }

    @ParameterizedTest
    @EnumSource(State.class)
    void join_isForAPendingRun_andChangesNothing(State state) {
        Word word = in(state);
        long before = word.word();
        assertThat(word.join()).isEqualTo(state == State.ARMED || state == State.RUNNING_ARMED);
        assertThat(word.word()).isEqualTo(before);
    }

    @ParameterizedTest
    @EnumSource(State.class)
    void isPossible_ofWhatATransitionHasMade(State state) {
        assertThat(StateWord.isPossible(in(state).word())).isTrue();
    }

    @Test
    void isPossible_ofWhatNoTransitionMakes_isFalse() {
        long deadline = in(State.ARMED).word() & ~0xFFFL;
        long armed = in(State.ARMED).word() & 1;
        long period = 1 << 3;
        long reclaimed = 1 << 4;
        assertThat(StateWord.isPossible(in(State.FREED).word() | armed)).isFalse();
        assertThat(StateWord.isPossible(in(State.FREED).word() | period)).isFalse();
        assertThat(StateWord.isPossible(in(State.FREED).word() | deadline)).isFalse();
        assertThat(StateWord.isPossible(in(State.IDLE).word() | deadline)).isFalse();
        assertThat(StateWord.isPossible(in(State.IDLE).word() | period)).isFalse();
        assertThat(StateWord.isPossible(in(State.IDLE).word() | reclaimed)).isFalse();
        assertThat(StateWord.isPossible(in(State.ARMED).word() | reclaimed)).isFalse();
        assertThat(StateWord.isPossible(in(State.FREED).word() | reclaimed)).isTrue();
        assertThat(StateWord.isPossible(in(State.ARMED).word() | period)).isTrue();
    }

    @Test
    void toString_tellsFlagsDeadlineGenerationReferences() {
        assertThat(in(State.RUNNING_ARMED)).hasToString("[ARMED RUNNING deadline=1000 generation=6 references=3]");
        assertThat(in(State.FREED)).hasToString("[FREED deadline=0 generation=5 references=3]");
    }
}
