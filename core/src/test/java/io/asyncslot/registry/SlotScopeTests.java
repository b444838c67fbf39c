package io.asyncslot.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.AwaitOutcome;
import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.PauseOutcome;
import io.asyncslot.ResumeOutcome;
import io.asyncslot.ScopeReport;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotScope;
import io.asyncslot.StartOutcome;
import io.asyncslot.StartSummary;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.UnknownSlotMapException;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkSlots;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.Race;
import io.asyncslot.jvm.JvmBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What belongs to a scope, what its views see, and how it ends. */
class SlotScopeTests {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration LONG = Duration.ofSeconds(30);

    private final Bench bench = new Bench();
    private final List<String> fired = new ArrayList<>();
    private final TimerSlots<String> map = bench.timers(String.class, (key, firing) -> fired.add(key));
    private final SlotScope scope = bench.registry.scope("tenant-7");
    private final TimerSlots<String> view = view(scope);
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void close() {
        bench.close();
        threads.shutdownNow();
    }

    private TimerSlots<String> view(SlotScope of) {
        return of.timers(map.name(), String.class);
    }

    private static int claims(SlotMap<?> view) {
        return ((ScopedSlots<?, ?>) view).owned.table().size();
    }

    private static ScopeReport closed(String name, long deleted) {
        return new ScopeReport(name, CloseOutcome.CLOSED, deleted, 0, 0, 0);
    }

    // ---- the end ------------------------------------------------------------------------------------------------

    @Test
    void close_deletesWhatItOwns_andNothingElse() throws Exception {
        TimerSlots<String> other = view(bench.registry.scope("tenant-8"));
        map.start("nobody", HOUR);
        other.start("other", HOUR);
        assertThat(view.start("a", HOUR)).isEqualTo(StartOutcome.STARTED);
        assertThat(view.start("b", HOUR)).isEqualTo(StartOutcome.STARTED);
        assertThat(scope.slots()).isEqualTo(2);

        assertThat(scope.close(Duration.ZERO)).isEqualTo(closed("tenant-7", 2));

        assertThat(map.find("a")).isEmpty();
        assertThat(map.find("b")).isEmpty();
        assertThat(map.find("nobody")).isPresent();
        assertThat(other.find("other")).isPresent();
        bench.advanceAndRun(HOUR);
        assertThat(fired).containsExactlyInAnyOrder("nobody", "other");
        assertThat(claims(other)).as("owners remembered").isOne();
    }

    @Test
    void closedScope_isAClosedMapToItsViews() throws Exception {
        view.start("a", HOUR);
        scope.close(Duration.ZERO);
        assertThat(scope.isClosed()).isTrue();
        assertThat(view.isClosed()).isTrue();
        assertThat(view.start("a", HOUR)).isEqualTo(StartOutcome.CLOSED);
        assertThat(view.startAt("a", java.time.Instant.EPOCH)).isEqualTo(StartOutcome.CLOSED);
        assertThat(view.startAll(List.of("a", "b"), HOUR)).isEqualTo(new StartSummary(0, 0, 0, 2));
        assertThat(view.touch("a", HOUR)).isEqualTo(TouchOutcome.CLOSED);
        assertThat(view.cancel("a")).isEqualTo(CancelOutcome.CLOSED);
        assertThat(view.cancelAndAwait("a", HOUR)).isEqualTo(CancelOutcome.CLOSED);
        assertThat(view.delete("a")).isEqualTo(DeleteOutcome.ABSENT);
        assertThat(view.find("a")).isEmpty();
        assertThat(map.stats().slots()).isZero();
        assertThat(map.isClosed()).isFalse();
        assertThat(scope.close(Duration.ZERO)).as("again").isEqualTo(closed("tenant-7", 0));
    }

    @Test
    void nextScopeOfTheName_isANewOne() throws Exception {
        assertThat(bench.registry.scope("tenant-7")).isSameAs(scope);
        scope.close(Duration.ZERO);
        SlotScope next = bench.registry.scope("tenant-7");
        assertThat(next).isNotSameAs(scope);
        assertThat(view(next).start("a", HOUR)).isEqualTo(StartOutcome.STARTED);
        scope.close(Duration.ZERO);
        assertThat(next.slots()).isOne();
    }

    @Test
    void firedSlot_stillBelongsToIt() throws Exception {
        TimerSlots<String> keeping =
                bench.timers(String.class, (key, firing) -> fired.add(key), spec -> spec.whenIdle(WhenIdle.KEEP));
        scope.timers(keeping.name(), String.class).start("a", Duration.ofSeconds(1));
        bench.advanceAndRun(Duration.ofSeconds(1));
        assertThat(fired).containsExactly("a");
        assertThat(scope.close(Duration.ZERO)).isEqualTo(closed("tenant-7", 1));
        assertThat(keeping.stats().slots()).isZero();
    }

    @Test
    void startPastTheScope_leavesTheOwner() throws Exception {
        view.start("a", HOUR);
        map.start("a", HOUR);
        assertThat(scope.close(Duration.ZERO).deleted()).isOne();
    }

    @Test
    void periodicSlot_endsWithIt() throws Exception {
        TimerSlots<String> beats =
                bench.timers(String.class, (key, firing) -> fired.add(key), spec -> spec.every(Duration.ofSeconds(1)));
        scope.timers(beats.name(), String.class).start("beat");
        bench.advanceAndRun(Duration.ofSeconds(1));
        bench.advanceAndRun(Duration.ofSeconds(1));
        assertThat(scope.close(Duration.ZERO)).isEqualTo(closed("tenant-7", 1));
        bench.advanceAndRun(Duration.ofSeconds(10));
        assertThat(fired).containsExactly("beat", "beat");
    }

    @Test
    void pendingWork_isNotRunAfterwards() throws Exception {
        WorkSlots<String> works = bench.works(String.class, (key, firing) -> fired.add(key));
        WorkSlots<String> mine = scope.works(works.name(), String.class);
        assertThat(mine.submit("a")).isEqualTo(SubmitOutcome.SUBMITTED);
        assertThat(mine.submit("a")).isEqualTo(SubmitOutcome.COALESCED);
        assertThat(scope.close(Duration.ZERO)).isEqualTo(closed("tenant-7", 1));
        assertThat(mine.submit("a")).isEqualTo(SubmitOutcome.CLOSED);
        bench.settle();
        assertThat(fired).isEmpty();
    }

    @Test
    void close_isNotedAsTheCause() throws Exception {
        TimerSlots<String> remembering = bench.timers(String.class, (key, firing) -> {}, spec -> spec.historySize(8));
        scope.timers(remembering.name(), String.class).start("a", HOUR);
        scope.close(Duration.ZERO);
        assertThat(remembering.findDeparted("a").orElseThrow().history())
                .last()
                .satisfies(event -> assertThat(event.toString()).contains(SlotCause.Type.SCOPE.name(), "tenant-7"));
    }

    // ---- runs -----------------------------------------------------------------------------------------------------

    /** A map whose callbacks wait, on threads of their own. */
    private final class Waiting implements AutoCloseable {
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        final AtomicBoolean sawCancelled = new AtomicBoolean();
        final Bench real = new Bench(threads);
        final TimerSlots<String> slots = real.timers(String.class, (key, firing) -> {
            begun.countDown();
            goOn.await();
            sawCancelled.set(firing.cancelled());
        });
        final SlotScope scope = real.registry.scope("running");

        Waiting() throws InterruptedException {
            scope.timers(slots.name(), String.class).start("a", Duration.ZERO);
            real.backend.pump();
            assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
        }

        @Override
        public void close() {
            goOn.countDown();
            real.close();
        }
    }

    @Test
    void close_waitsForRuns_whichSeeThatTheyAreCancelled() throws Exception {
        try (Waiting waiting = new Waiting()) {
            AtomicReference<ScopeReport> report = new AtomicReference<>();
            Thread closer = Race.thread(() -> report.set(waiting.scope.close(LONG)));
            assertThat(Race.endedOrBlocked(closer)).isFalse();
            assertThat(waiting.slots.find("a")).as("deleted at once").isEmpty();
            waiting.goOn.countDown();
            closer.join();
            assertThat(report.get()).isEqualTo(new ScopeReport("running", CloseOutcome.CLOSED, 1, 1, 0, 0));
            assertThat(waiting.sawCancelled).isTrue();
        }
    }

    @Test
    void close_givesUpAtItsLimit_andMayBeCalledAgain() throws Exception {
        try (Waiting waiting = new Waiting()) {
            assertThat(waiting.scope.close(Duration.ZERO))
                    .isEqualTo(new ScopeReport("running", CloseOutcome.TIMED_OUT, 1, 0, 1, 0));
            waiting.goOn.countDown();
            ScopeReport again = waiting.scope.close(LONG);
            assertThat(again.outcome()).isEqualTo(CloseOutcome.CLOSED);
            assertThat(again.running() + again.remaining()).isZero();
            assertThat(claims(waiting.scope.timers(waiting.slots.name(), String.class)))
                    .isZero();
        }
    }

    @Test
    void close_waitsForARunWhoseSlotWasDeletedBefore() throws Exception {
        try (Waiting waiting = new Waiting()) {
            waiting.slots.delete("a");
            ScopeReport report = waiting.scope.close(Duration.ZERO);
            assertThat(report).isEqualTo(new ScopeReport("running", CloseOutcome.TIMED_OUT, 0, 0, 1, 0));
        }
    }

    /** An executor that runs in the caller keeps the start inside for as long as the callback runs. */
    @Test
    void startThatIsUnderWayForLongerThanTheLimit_deletesItsSlotItself() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (Bench inCaller = new Bench(Runnable::run)) {
            WorkSlots<String> works = inCaller.works(String.class, (key, firing) -> {
                begun.countDown();
                goOn.await();
            });
            SlotScope busy = inCaller.registry.scope("busy");
            Thread starter =
                    Race.thread(() -> busy.works(works.name(), String.class).submit("a"));
            assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(busy.close(Duration.ZERO).outcome()).isEqualTo(CloseOutcome.TIMED_OUT);
            goOn.countDown();
            starter.join();
            assertThat(works.stats().slots()).isZero();
            assertThat(busy.close(LONG).outcome()).isEqualTo(CloseOutcome.CLOSED);
        }
    }

    /** T1: a start through a scope that has not made its slot yet. T2: closes the scope, and waits so long at the most. */
    private static final class StartOnItsWay implements AutoCloseable {

        private final CountDownLatch begun = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);
        private final AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
                .backend(JvmBackend.manual())
                .armingContext(() -> {
                    begun.countDown();
                    Race.unchecked(goOn::await);
                    return null;
                })
                .build();
        private final TimerSlots<String> slots = registry.register(TimerMapSpec.named("map", String.class)
                .callback((key, firing) -> {})
                .build());
        private final SlotScope scope = registry.scope("scope");
        private final AtomicReference<StartOutcome> outcome = new AtomicReference<>();
        private final Thread starter;

        StartOnItsWay() throws InterruptedException {
            registry.start();
            TimerSlots<String> view = scope.timers(slots.name(), String.class);
            starter = Race.thread(() -> outcome.set(view.start("a", HOUR)));
            begun.await();
        }

        void goOn() throws InterruptedException {
            goOn.countDown();
            starter.join();
        }

        @Override
        public void close() {
            registry.close();
        }
    }

    @Test
    void startThatMakesItsSlotAfterACloseThatGaveUp_deletesIt() throws Exception {
        try (StartOnItsWay start = new StartOnItsWay()) {
            assertThat(start.scope.close(Duration.ZERO).outcome()).isEqualTo(CloseOutcome.TIMED_OUT);
            start.goOn();
            assertThat(start.slots.stats().slots()).isZero();
            assertThat(start.slots.stats().started())
                    .as("the start came to make its slot")
                    .isOne();
        }
    }

    @Test
    void close_whileAStartIsOnItsWay_isToldWhenItIsOut() throws Exception {
        try (StartOnItsWay start = new StartOnItsWay()) {
            AtomicReference<ScopeReport> report = new AtomicReference<>();
            Thread closer = Race.thread(() -> report.set(start.scope.close(LONG)));
            await().until(() -> closer.getState() == Thread.State.TIMED_WAITING);
            start.goOn();
            closer.join(10_000);
            assertThat(report).hasValueMatching(found -> found.outcome() == CloseOutcome.CLOSED);
            assertThat(start.outcome).hasValue(StartOutcome.STARTED);
            assertThat(start.slots.stats().slots()).isZero();
        }
    }

    @Test
    void close_ofAnInterruptedThread_closesAllTheSame() throws Exception {
        try (Waiting waiting = new Waiting()) {
            AtomicBoolean interrupted = new AtomicBoolean();
            Thread closer = Race.thread(() -> {
                try {
                    waiting.scope.close(LONG);
                } catch (InterruptedException e) {
                    interrupted.set(true);
                }
            });
            closer.interrupt();
            closer.join();
            assertThat(interrupted).isTrue();
            assertThat(waiting.scope.isClosed()).isTrue();
            assertThat(waiting.slots.find("a")).isEmpty();
        }
    }

    @Test
    void close_fromItsOwnCallback_isRefused() {
        AtomicReference<ScopeReport> report = new AtomicReference<>();
        TimerSlots<String> suicidal = bench.timers(String.class, (key, firing) -> report.set(scope.close(LONG)));
        TimerSlots<String> mine = scope.timers(suicidal.name(), String.class);
        mine.start("other", HOUR);
        mine.start("a", Duration.ZERO);
        bench.settle();
        assertThat(report.get()).isEqualTo(new ScopeReport("tenant-7", CloseOutcome.WOULD_DEADLOCK, 0, 0, 0, 2));
        assertThat(scope.isClosed()).isFalse();
        assertThat(mine.start("b", HOUR)).isEqualTo(StartOutcome.STARTED);
    }

    @Test
    void close_fromACallbackOfAnother_closes() {
        AtomicReference<ScopeReport> report = new AtomicReference<>();
        TimerSlots<String> reaper = bench.timers(String.class, (key, firing) -> report.set(scope.close(LONG)));
        view.start("a", HOUR);
        reaper.start("x", Duration.ZERO);
        bench.settle();
        assertThat(report.get()).isEqualTo(closed("tenant-7", 1));
    }

    @Test
    void callbackThatDeletesItsOwnSlot_leavesNothing() throws Exception {
        AtomicReference<TimerSlots<String>> mine = new AtomicReference<>();
        TimerSlots<String> once =
                bench.timers(String.class, (key, firing) -> mine.get().delete(key));
        mine.set(scope.timers(once.name(), String.class));
        mine.get().start("a", Duration.ZERO);
        bench.settle();
        assertThat(once.stats().slots()).isZero();
        assertThat(scope.slots()).isZero();
        assertThat(scope.close(Duration.ZERO)).isEqualTo(closed("tenant-7", 0));
        assertThat(claims(mine.get())).isZero();
    }

    // ---- views ----------------------------------------------------------------------------------------------------

    @Test
    void view_seesNoSlotsOfOthers() throws Exception {
        TimerSlots<String> other = view(bench.registry.scope("tenant-8"));
        other.start("x", HOUR);
        map.start("y", HOUR);
        view.start("mine", HOUR);
        for (String key : List.of("x", "y", "none")) {
            assertThat(view.find(key)).isEmpty();
            assertThat(view.findByText(key)).isEmpty();
            assertThat(view.touch(key, HOUR)).isEqualTo(TouchOutcome.ABSENT);
            assertThat(view.cancel(key)).isEqualTo(CancelOutcome.ABSENT);
            assertThat(view.cancelAndAwait(key, HOUR)).isEqualTo(CancelOutcome.ABSENT);
            assertThat(view.awaitRun(key, HOUR)).isEqualTo(AwaitOutcome.ENDED);
            assertThat(view.pause(key)).isEqualTo(PauseOutcome.ABSENT);
            assertThat(view.resume(key)).isEqualTo(ResumeOutcome.ABSENT);
            assertThat(view.rebind(key, (same, firing) -> {})).isFalse();
            assertThat(view.delete(key)).isEqualTo(DeleteOutcome.ABSENT);
        }
        List<Object> seen = new ArrayList<>();
        assertThat(view.scan(10, null, slot -> seen.add(slot.key()))).isOne();
        assertThat(seen).containsExactly("mine");
        assertThat(map.stats().armed()).isEqualTo(3);
    }

    @Test
    void view_operatesOnItsOwn() throws Exception {
        view.start("a", HOUR);
        assertThat(view.start("a", HOUR)).isEqualTo(StartOutcome.REARMED);
        assertThat(view.touch("a", HOUR)).isEqualTo(TouchOutcome.MOVED);
        assertThat(view.pause("a")).isEqualTo(PauseOutcome.PAUSED);
        assertThat(view.resume("a")).isEqualTo(ResumeOutcome.RESUMED);
        assertThat(view.cancel("a")).isEqualTo(CancelOutcome.CANCELLED);
        assertThat(view.cancelAndAwait("a", HOUR)).isEqualTo(CancelOutcome.ABSENT);
        view.start("a", HOUR);
        assertThat(view.findByText("a")).isPresent();
        assertThat(view.rebind("a", (key, firing) -> fired.add("rebound"))).isTrue();
        view.start("a", Duration.ZERO);
        bench.settle();
        assertThat(fired).containsExactly("rebound");
        view.start("a", HOUR);
        assertThat(view.delete("a")).isEqualTo(DeleteOutcome.DELETED_ARMED);
        assertThat(claims(view)).isZero();
    }

    @Test
    void latestStart_owns() throws Exception {
        SlotScope later = bench.registry.scope("tenant-8");
        view.start("a", HOUR);
        assertThat(view(later).start("a", HOUR)).isEqualTo(StartOutcome.REARMED);
        assertThat(view.find("a")).isEmpty();
        assertThat(scope.close(Duration.ZERO)).isEqualTo(closed("tenant-7", 0));
        assertThat(map.find("a")).isPresent();
        assertThat(later.close(Duration.ZERO)).isEqualTo(closed("tenant-8", 1));
    }

    @Test
    void operationsOnTheWholeMap_areRefused() {
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> view.close(HOUR))
                .withMessageContaining("'close' concerns the whole map")
                .withMessageContaining("tenant-7");
        assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(view::pause);
        assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(view::resume);
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> view.rebind((key, firing) -> {}));
        assertThat(map.isClosed()).isFalse();
    }

    // ---- nothing leaks --------------------------------------------------------------------------------------------

    @Test
    void slotsDeletedPastTheScope_areForgotten() {
        view.start("kept", HOUR);
        for (int i = 0; i < 10_000; i++) {
            view.start("k" + i, HOUR);
            map.delete("k" + i);
        }
        assertThat(claims(view)).isLessThan(200);
        assertThat(scope.slots()).isOne();
    }

    @Test
    void rejectedStarts_leaveNoClaim() {
        TimerSlots<String> small = bench.timers(String.class, (key, firing) -> {}, spec -> spec.maxEntries(1));
        TimerSlots<String> mine = scope.timers(small.name(), String.class);
        assertThat(mine.start("a", HOUR)).isEqualTo(StartOutcome.STARTED);
        assertThat(mine.start("b", HOUR)).isEqualTo(StartOutcome.REJECTED);
        assertThat(mine.startAll(List.of("a", "c", "d"), HOUR)).isEqualTo(new StartSummary(0, 1, 2, 0));
        assertThat(claims(mine)).isOne();
    }

    @Test
    void misuse_throwsAsTheMapDoes_andLeavesNoClaim() {
        assertThatIllegalArgumentException().isThrownBy(() -> view.start(null, HOUR));
        assertThatIllegalArgumentException().isThrownBy(() -> view.find(null));
        assertThatIllegalArgumentException().isThrownBy(() -> view.cancel(null));
        assertThatIllegalArgumentException().isThrownBy(() -> view.delete(null));
        assertThatIllegalArgumentException().isThrownBy(() -> view.start("a", Duration.ofSeconds(-1)));
        assertThatIllegalArgumentException().isThrownBy(() -> view.start("x".repeat(513), HOUR));
        assertThatIllegalArgumentException().isThrownBy(() -> view.startAll(List.of("a", "x".repeat(513)), HOUR));
        assertThatIllegalStateException().isThrownBy(() -> view.start("a"));
        assertThatIllegalArgumentException().isThrownBy(() -> scope.close(Duration.ofSeconds(-1)));
        assertThatIllegalArgumentException().isThrownBy(() -> bench.registry.scope(" "));
        assertThat(claims(view)).isZero();
        assertThat(scope.isClosed()).isFalse();
    }

    @Test
    void mapThatIsRegisteredAgain_isAnother() throws Exception {
        view.start("a", HOUR);
        map.close(Duration.ZERO);
        assertThat(view.start("a", HOUR)).isEqualTo(StartOutcome.CLOSED);
        assertThat(scope.slots()).isZero();
        bench.registry.register(TimerMapSpec.named(map.name(), String.class)
                .callback((key, firing) -> {})
                .build());
        TimerSlots<String> anew = view(scope);
        assertThat(anew.start("a", HOUR)).isEqualTo(StartOutcome.STARTED);
        assertThat(scope.close(Duration.ZERO).deleted()).isOne();
        assertThat(anew.start("a", HOUR)).isEqualTo(StartOutcome.CLOSED);
    }

    @Test
    void closedRegistry_hasNoScopes() {
        bench.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> bench.registry.scope("late"))
                .withMessageContaining("'late'");
        assertThat(view.start("a", HOUR)).isEqualTo(StartOutcome.CLOSED);
    }

    @Test
    void unknownMap_isRefusedAsByTheRegistry() {
        assertThatExceptionOfType(UnknownSlotMapException.class).isThrownBy(() -> scope.timers("none", String.class));
    }
}
