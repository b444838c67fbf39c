package io.asyncslot.race;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.ScopeReport;
import io.asyncslot.SlotScope;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.HookedKey;
import io.asyncslot.fixture.Race;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Starts through scopes against everything that ends slots: one side always sees the other. */
class ScopeRaceTests {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int ROUNDS = 20_000;

    private final Bench bench = new Bench();
    private final TimerSlots<String> map = bench.timers(String.class, (key, firing) -> {});
    private final Race race = new Race();

    @AfterEach
    void close() {
        race.close();
        bench.close();
    }

    private TimerSlots<String> view(SlotScope scope) {
        return scope.timers(map.name(), String.class);
    }

    private void assertNoSlots(int round) {
        assertThat(map.stats().slots()).as("slots after round " + round).isZero();
    }

    /**
     * <pre>
     * T1: enter; claim; start; leave        T2: shut the gate; wait until it is empty; delete what is claimed
     * </pre>
     * A start that answered STARTED was seen by the close; one that came after it answers CLOSED.
     */
    @Test
    void start_againstClose() throws Exception {
        AtomicInteger before = new AtomicInteger();
        AtomicInteger after = new AtomicInteger();
        for (int round = 0; race.goesOn(round, ROUNDS, before, after); round++) {
            SlotScope scope = bench.registry.scope("s");
            TimerSlots<String> slots = view(scope);
            StartOutcome[] outcome = new StartOutcome[1];
            ScopeReport[] report = new ScopeReport[1];
            race.run(() -> outcome[0] = slots.start("a", HOUR), () -> report[0] = scope.close(LONG));
            boolean started = outcome[0] == StartOutcome.STARTED;
            (started ? before : after).incrementAndGet();
            assertThat(outcome[0]).isIn(StartOutcome.STARTED, StartOutcome.CLOSED);
            assertThat(report[0]).isEqualTo(new ScopeReport("s", CloseOutcome.CLOSED, started ? 1 : 0, 0, 0, 0));
            assertNoSlots(round);
        }
        Race.reached("start, then close", before.get());
        Race.reached("close, then start", after.get());
    }

    /** The close comes at each point of a start where the key is hashed: it waits, or the start has not gone in yet. */
    @Test
    void close_atEachPointOfAStart() throws Exception {
        AtomicInteger waited = new AtomicInteger();
        AtomicInteger ended = new AtomicInteger();
        boolean[] reached = {true};
        for (int point = 1; reached[0]; point++) {
            TimerSlots<HookedKey> hooked = bench.timers(HookedKey.class, (key, firing) -> {});
            SlotScope scope = bench.registry.scope("s");
            TimerSlots<HookedKey> slots = scope.timers(hooked.name(), HookedKey.class);
            HookedKey key = new HookedKey(1);
            AtomicReference<Thread> closer = new AtomicReference<>();
            AtomicReference<ScopeReport> report = new AtomicReference<>();
            key.onHash(point, () -> {
                Thread thread = Race.thread(() -> report.set(scope.close(LONG)));
                closer.set(thread);
                (Race.endedOrBlocked(thread) ? ended : waited).incrementAndGet();
            });
            StartOutcome outcome = slots.start(key, HOUR);
            reached[0] = closer.get() != null;
            if (reached[0]) {
                closer.get().join();
                assertThat(outcome).as("point " + point).isEqualTo(StartOutcome.STARTED);
                assertThat(report.get())
                        .as("point " + point)
                        .isEqualTo(new ScopeReport("s", CloseOutcome.CLOSED, 1, 0, 0, 0));
                assertThat(hooked.stats().slots()).isZero();
            }
        }
        assertThat(waited.get()).as("points at which the close waited").isGreaterThanOrEqualTo(4);
        assertThat(ended.get()).as("points at which it did not").isZero();
    }

    /**
     * <pre>
     * T1: in the owner's step: delete; nothing there; drop the claim        T2: claim is there; start; look at the claim
     * </pre>
     * The last look of T2 has to wait for the step of T1, or the slot would belong to nobody.
     */
    @Test
    void start_atEachPointOfADelete() throws Exception {
        AtomicInteger started = new AtomicInteger();
        boolean[] reached = {true};
        for (int point = 1; reached[0]; point++) {
            TimerSlots<HookedKey> hooked = bench.timers(HookedKey.class, (key, firing) -> {});
            SlotScope scope = bench.registry.scope("s");
            TimerSlots<HookedKey> slots = scope.timers(hooked.name(), HookedKey.class);
            HookedKey key = new HookedKey(1);
            slots.start(key, HOUR);
            AtomicReference<Thread> starter = new AtomicReference<>();
            key.onHash(point, () -> {
                Thread thread = Race.thread(() -> slots.start(new HookedKey(1), HOUR));
                starter.set(thread);
                Race.endedOrBlocked(thread);
            });
            slots.delete(key);
            reached[0] = starter.get() != null;
            if (reached[0]) {
                starter.get().join();
                long left = hooked.stats().slots();
                started.addAndGet((int) left);
                assertThat(scope.close(LONG))
                        .as("point " + point)
                        .isEqualTo(new ScopeReport("s", CloseOutcome.CLOSED, left, 0, 0, 0));
                assertThat(hooked.stats().slots()).as("point " + point).isZero();
            }
        }
        assertThat(started.get()).as("starts that came after the delete").isPositive();
    }

    /** The closing scope owned the key; another takes it over. Its slot is there afterwards, whoever came first. */
    @Test
    void startOfAnotherScope_againstClose() throws Exception {
        SlotScope other = bench.registry.scope("other");
        TimerSlots<String> others = view(other);
        AtomicInteger taken = new AtomicInteger();
        AtomicInteger deleted = new AtomicInteger();
        for (int round = 0; race.goesOn(round, ROUNDS, taken, deleted); round++) {
            SlotScope scope = bench.registry.scope("s");
            view(scope).start("a", HOUR);
            ScopeReport[] report = new ScopeReport[1];
            race.run(() -> others.start("a", HOUR), () -> report[0] = scope.close(LONG));
            assertThat(report[0].outcome()).isEqualTo(CloseOutcome.CLOSED);
            (report[0].deleted() == 0 ? taken : deleted).incrementAndGet();
            assertThat(others.find("a"))
                    .as("round " + round)
                    .hasValueSatisfying(
                            slot -> assertThat(slot.runState().isArmed()).isTrue());
            others.delete("a");
            assertNoSlots(round);
        }
        Race.reached("start, then close", taken.get());
        Race.reached("close, then start", deleted.get());
    }

    /** A scope's cancel never hits the slot of a scope that has taken the key over. */
    @Test
    void startOfAnotherScope_againstCancel() throws Exception {
        TimerSlots<String> first = view(bench.registry.scope("first"));
        TimerSlots<String> second = view(bench.registry.scope("second"));
        AtomicInteger cancelled = new AtomicInteger();
        AtomicInteger absent = new AtomicInteger();
        for (int round = 0; race.goesOn(round, ROUNDS, cancelled, absent); round++) {
            first.start("a", HOUR);
            CancelOutcome[] outcome = new CancelOutcome[1];
            race.run(() -> outcome[0] = first.cancel("a"), () -> second.start("a", HOUR));
            (outcome[0] == CancelOutcome.CANCELLED ? cancelled : absent).incrementAndGet();
            assertThat(second.find("a").orElseThrow().runState().isArmed())
                    .as("round " + round + ", cancel answered " + outcome[0])
                    .isTrue();
            second.delete("a");
        }
        Race.reached("cancel, then start", cancelled.get());
        Race.reached("start, then cancel", absent.get());
    }

    /** Deleted past the scope while it is started through it: the claim and the slot go together. */
    @Test
    void start_againstDeletePastTheScope_thenClose() throws Exception {
        startAgainstDelete(true, slots -> {
            map.delete("a");
            slots.delete("none");
        });
    }

    /** Start and delete through one scope: whatever is left is the scope's. */
    @Test
    void start_againstDeleteThroughTheScope_thenClose() throws Exception {
        startAgainstDelete(false, slots -> slots.delete("a"));
    }

    private void startAgainstDelete(boolean startedBefore, Consumer<TimerSlots<String>> delete) throws Exception {
        AtomicInteger kept = new AtomicInteger();
        AtomicInteger gone = new AtomicInteger();
        for (int round = 0; race.goesOn(round, ROUNDS, kept, gone); round++) {
            SlotScope scope = bench.registry.scope("s");
            TimerSlots<String> slots = view(scope);
            if (startedBefore) {
                slots.start("a", HOUR);
            }
            race.run(() -> slots.start("a", HOUR), () -> delete.accept(slots));
            boolean present = map.find("a").isPresent();
            (present ? kept : gone).incrementAndGet();
            assertThat(scope.close(LONG))
                    .as("round " + round)
                    .isEqualTo(new ScopeReport("s", CloseOutcome.CLOSED, present ? 1 : 0, 0, 0, 0));
            assertNoSlots(round);
        }
        Race.reached("delete, then start", kept.get());
        Race.reached("start, then delete", gone.get());
    }

    /** Two scopes start one key at once: one of them owns it, and the two closes delete it once. */
    @Test
    void twoScopes_startTheSameKey() throws Exception {
        AtomicInteger first = new AtomicInteger();
        AtomicInteger second = new AtomicInteger();
        for (int round = 0; race.goesOn(round, ROUNDS, first, second); round++) {
            SlotScope one = bench.registry.scope("one");
            SlotScope two = bench.registry.scope("two");
            TimerSlots<String> ones = view(one);
            TimerSlots<String> twos = view(two);
            race.run(() -> ones.start("a", HOUR), () -> twos.start("a", HOUR));
            long deletedByOne = one.close(LONG).deleted();
            long deletedByTwo = two.close(LONG).deleted();
            assertThat(deletedByOne + deletedByTwo).as("round " + round).isOne();
            (deletedByOne == 1 ? first : second).incrementAndGet();
            assertNoSlots(round);
        }
        Race.reached("owned by the first", first.get());
        Race.reached("owned by the second", second.get());
    }

    /** The slot fires while its scope closes: afterwards nothing runs and nothing is left. */
    @Test
    void fire_againstClose() throws Exception {
        AtomicInteger fired = new AtomicInteger();
        AtomicInteger prevented = new AtomicInteger();
        AtomicInteger runs = new AtomicInteger();
        TimerSlots<String> counting = bench.timers(String.class, (key, firing) -> runs.incrementAndGet());
        for (int round = 0; race.goesOn(round, ROUNDS, fired, prevented); round++) {
            SlotScope scope = bench.registry.scope("s");
            TimerSlots<String> slots = scope.timers(counting.name(), String.class);
            slots.start("a", Duration.ZERO);
            bench.backend.pump();
            int before = runs.get();
            ScopeReport[] report = new ScopeReport[1];
            race.run(bench.hand::runAll, () -> report[0] = scope.close(LONG));
            int after = runs.get();
            (after > before ? fired : prevented).incrementAndGet();
            assertThat(report[0].outcome()).isEqualTo(CloseOutcome.CLOSED);
            bench.settle();
            assertThat(runs).as("runs after the close answered").hasValue(after);
            assertThat(counting.stats().slots()).isZero();
        }
        Race.reached("fire, then close", fired.get());
        Race.reached("close, then fire", prevented.get());
    }
}
