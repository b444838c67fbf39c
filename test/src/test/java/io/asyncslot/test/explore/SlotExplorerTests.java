package io.asyncslot.test.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.asyncslot.CancelOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

/** That every order is tried, that races are found, shown and replayed, and that what is right passes. */
class SlotExplorerTests {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final SlotExplorer explorer = SlotExplorer.create();

    @Test
    void everyOrderOfPointsIsTriedOnce() {
        Set<String> orders = new TreeSet<>();
        List<String> all = new ArrayList<>();
        Exploration exploration = explorer.explore(run -> {
            StringBuilder order = new StringBuilder();
            run.actor("a", () -> {
                order.append('a');
                ExploredRun.point("a2");
                order.append('A');
            });
            run.actor("b", () -> order.append('b'));
            run.finallyHolds(() -> {
                orders.add(order.toString());
                all.add(order.toString());
            });
        });
        assertThat(orders).containsExactlyInAnyOrder("aAb", "abA", "baA");
        assertThat(all).hasSize(3);
        assertThat(exploration.exhaustive()).isTrue();
        assertThat(exploration.runs()).isEqualTo(3);
        assertThat(exploration.longest()).isEqualTo(3);
    }

    @Test
    void tooManyOrders_areDrawnAtRandomFromTheSeed() {
        Set<String> schedules = new HashSet<>();
        ExploredScenario scenario = run -> {
            List<String> order = new CopyOnWriteArrayList<>();
            for (String name : List.of("a", "b", "c", "d", "e")) {
                run.actor(name, () -> {
                    order.add(name);
                    ExploredRun.point("second");
                    order.add(name);
                });
            }
            run.finallyHolds(() -> schedules.add(order.toString()));
        };
        Exploration exploration = explorer.maxRuns(60).seed(7).explore(scenario);
        assertThat(exploration.exhaustive()).isFalse();
        assertThat(exploration.runs()).isEqualTo(60);
        assertThat(schedules).hasSizeGreaterThan(50);
        Set<String> first = Set.copyOf(schedules);
        schedules.clear();
        explorer.maxRuns(60).seed(7).explore(scenario);
        assertThat(schedules).isEqualTo(first);
    }

    /** The bug of every hand-made map of futures: look, then act. */
    private static void checkThenAct(ExploredRun run) {
        AtomicInteger expired = new AtomicInteger();
        TimerSlots<String> sessions = run.registry()
                .register(TimerMapSpec.named("session", String.class)
                        .callback((key, firing) -> expired.incrementAndGet())
                        .build());
        run.actor("request", () -> {
            sessions.start("s", MINUTE);
            if (sessions.find("s").isPresent()) {
                sessions.start("s", MINUTE); // revives what logout has deleted meanwhile
            }
        });
        run.actor("logout", () -> sessions.delete("s"));
        run.finallyHolds(() -> {
            if (sessions.stats().deleted() > 0) {
                assertThat(sessions.find("s")).as("logged out").isEmpty();
            }
        });
    }

    @Test
    void aRaceIsFoundShownAndReplayed() {
        ExplorationFailedError failure = catchThrowableOfType(
                ExplorationFailedError.class, () -> explorer.explore(SlotExplorerTests::checkThenAct));
        assertThat(failure)
                .hasMessageContainingAll("[logged out]", "session.delete(s)", "session.start(s, PT1M)", "logout");
        assertThatExceptionOfType(ExplorationFailedError.class)
                .isThrownBy(() -> explorer.replay(failure.schedule(), SlotExplorerTests::checkThenAct))
                .withMessageContaining("[logged out]");
        explorer.replay("", SlotExplorerTests::checkThenAct); // nobody is interrupted: nothing goes wrong
    }

    @Test
    void everyMeetingOfReArmCancelAndFiringIsReached() {
        Set<String> ends = new TreeSet<>();
        Exploration exploration = explorer.explore(run -> {
            AtomicInteger fired = new AtomicInteger();
            TimerSlots<String> slots = run.registry()
                    .register(TimerMapSpec.named("m", String.class)
                            .callback((key, firing) -> fired.incrementAndGet())
                            .build());
            slots.start("k", MINUTE);
            List<CancelOutcome> outcomes = new ArrayList<>();
            run.passes(MINUTE);
            run.actor("canceller", () -> outcomes.add(slots.cancel("k")));
            run.finallyHolds(() -> {
                ends.add(outcomes.get(0) + " " + fired.get());
                assertThat(fired.get()).isEqualTo(outcomes.get(0) == CancelOutcome.CANCELLED ? 0 : 1);
            });
        });
        assertThat(exploration.exhaustive()).isTrue();
        assertThat(ends).containsExactly("ABSENT 1", "CANCELLED 0", "RUNNING 1");
    }

    @Test
    void awaitingCancel_meetsTheRunningCallback() {
        Set<CancelOutcome> outcomes = new HashSet<>();
        Exploration exploration = explorer.explore(run -> {
            AtomicInteger running = new AtomicInteger();
            WorkSlots<String> works = run.registry()
                    .register(WorkMapSpec.named("w", String.class)
                            .callback((key, firing) -> {
                                running.incrementAndGet();
                                ExploredRun.point("half done");
                                running.decrementAndGet();
                            })
                            .build());
            works.submit("k");
            run.actor("stopper", () -> {
                outcomes.add(works.cancelAndAwait("k", Duration.ofSeconds(10)));
                assertThat(running.get()).isZero();
            });
        });
        assertThat(exploration.exhaustive()).isTrue();
        assertThat(outcomes)
                .containsExactlyInAnyOrder(CancelOutcome.CANCELLED, CancelOutcome.NOT_ARMED, CancelOutcome.ABSENT);
    }

    @Test
    void callbackThatThrows_failsTheRunUnlessAllowed() {
        assertThatExceptionOfType(ExplorationFailedError.class)
                .isThrownBy(() -> explorer.explore(run -> failing(run)))
                .withMessageContainingAll("a callback failed", "broken");
        assertThat(explorer.explore(run -> failing(run.callbacksMayFail())).exhaustive())
                .isTrue();
    }

    private static void failing(ExploredRun run) {
        WorkSlots<String> works = run.registry()
                .register(WorkMapSpec.named("w", String.class)
                        .callback((key, firing) -> {
                            throw new IllegalStateException("broken");
                        })
                        .build());
        run.actor("a", () -> works.submit("k"));
    }

    @Test
    void invariantIsCheckedAfterEveryStep() {
        assertThatExceptionOfType(ExplorationFailedError.class)
                .isThrownBy(() -> explorer.explore(run -> {
                    AtomicInteger value = new AtomicInteger();
                    run.actor("a", () -> {
                        value.incrementAndGet();
                        ExploredRun.point("between");
                        value.decrementAndGet();
                    });
                    run.always(() -> assertThat(value).as("balance").hasValue(0));
                }))
                .withMessageContaining("[balance]");
    }

    @Test
    void strandsThatWaitForEachOther_areADeadlock() {
        assertThatExceptionOfType(ExplorationFailedError.class)
                .isThrownBy(() -> explorer.explore(run -> {
                    ReentrantLock one = new ReentrantLock();
                    ReentrantLock two = new ReentrantLock();
                    run.actor("a", () -> inOrder(one, two));
                    run.actor("b", () -> inOrder(two, one));
                }))
                .withMessageContainingAll("deadlock", "a after", "b after");
    }

    private static void inOrder(ReentrantLock outer, ReentrantLock inner) throws InterruptedException {
        outer.lockInterruptibly();
        try {
            ExploredRun.point("holds one");
            inner.lockInterruptibly();
            inner.unlock();
        } finally {
            outer.unlock();
        }
    }

    @Test
    void badInputIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> explorer.maxRuns(0))
                .withMessageContaining("0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> explorer.replay("1,x", run -> {}))
                .withMessageContaining("1,x");
        assertThatExceptionOfType(ExplorationFailedError.class)
                .isThrownBy(() -> explorer.replay("3", run -> run.actor("a", () -> {})))
                .withMessageContaining("the scenario does not run as it did before");
    }
}
