package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.asyncslot.AwaitOutcome;
import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotClock;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkSlots;
import io.asyncslot.test.ManualTicker;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What the next process finds, on a simulated kernel: after a graceful end, and after a kill. */
class RestartTests {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final ManualTicker ticker = new ManualTicker(Instant.parse("2026-01-01T00:00:00Z"));
    private final SimulatedKernel kernel = new SimulatedKernel(ticker, 32, 32);

    private SimulatedApplication application(SimulatedKernel on) {
        return new SimulatedApplication(on, ticker);
    }

    @Test
    void gracefulEnd_leavesTheSlotsInTheKernel() {
        long generation;
        try (SimulatedApplication first = application(kernel).start()) {
            TimerSlots<String> map = first.timers("t");
            map.start("early", SECOND);
            map.start("late", SECOND.multipliedBy(10));
            map.start("late", SECOND.multipliedBy(20));
            map.start("gone", SECOND);
            map.delete("gone");
            map.start("rest", SECOND);
            map.cancel("rest");
            generation = map.find("late").orElseThrow().generation();
        }
        assertThat(kernel.timers()).isEqualTo(3);
        ticker.advance(SECOND.multipliedBy(5));
        kernel.tick();
        assertThat(kernel.waitingEvents()).isEqualTo(1);

        try (SimulatedApplication second = application(kernel)) {
            TimerSlots<String> map = second.timers("t");
            assertThat(map.stats().slots()).isEqualTo(3);
            assertThat(map.find("late").orElseThrow().generation()).isEqualTo(generation);
            assertThat(map.find("late").orElseThrow().timeLeft()).isEqualTo(SECOND.multipliedBy(15));
            assertThat(map.find("rest").orElseThrow().runState()).isEqualTo(RunState.IDLE);
            assertThat(map.find("gone")).isEmpty();
            second.start();
            second.settle();
            assertThat(second.firedKeys()).containsExactly("early");
            assertThat(second.fired.get(0).whileAway()).isTrue();
            assertThat(second.fired.get(0).attempt()).isEqualTo(1);
            second.pass(SECOND.multipliedBy(15));
            assertThat(second.firedKeys()).containsExactly("early", "late");
            assertThat(second.fired.get(1).whileAway()).isFalse();
            assertThat(map.start("gone", SECOND)).isEqualTo(StartOutcome.STARTED);
            assertThat(map.find("gone").orElseThrow().generation()).isGreaterThan(1);
            assertThat(map.stats().references()).isEqualTo(map.stats().slots());
        }
    }

    @Test
    void close_letsGo_andTheMapFindsItsSlotsAgain() throws InterruptedException {
        try (SimulatedApplication application = application(kernel).start()) {
            TimerSlots<String> first = application.timers("t");
            first.start("soon", SECOND);
            first.start("late", SECOND.multipliedBy(20));
            first.start("gone", SECOND);
            first.delete("gone");
            long generation = first.find("late").orElseThrow().generation();
            assertThat(first.close(Duration.ZERO)).isEqualTo(CloseOutcome.CLOSED);
            application.pass(SECOND.multipliedBy(5));
            assertThat(application.fired).as("while nobody has the map open").isEmpty();

            TimerSlots<String> second = application.timers("t");
            application.settle();
            assertThat(application.firedKeys()).containsExactly("soon");
            assertThat(second.find("late").orElseThrow().generation()).isEqualTo(generation);
            assertThat(second.find("late").orElseThrow().timeLeft()).isEqualTo(SECOND.multipliedBy(15));
            assertThat(second.find("gone")).isEmpty();
            application.pass(SECOND.multipliedBy(15));
            assertThat(application.firedKeys()).containsExactly("soon", "late");
            assertThat(second.stats().references()).isEqualTo(second.stats().slots());
        }
    }

    /** What was asked of the engine holds the slots that it is about, until it is carried out. */
    @Test
    void closedAndOpenedWithNothingCarriedOutInBetween_findsItsSlotsAgain() throws InterruptedException {
        try (SimulatedApplication application = application(kernel).start()) {
            TimerSlots<String> first = application.timers("t");
            first.start("soon", SECOND);
            first.start("late", SECOND.multipliedBy(20));
            assertThat(first.close(Duration.ZERO)).isEqualTo(CloseOutcome.CLOSED);
            TimerSlots<String> second = application.timers("t");
            assertThat(second.find("soon")).isPresent();
            assertThat(second.find("late")).isPresent();
            application.pass(SECOND.multipliedBy(20));
            assertThat(application.firedKeys()).containsExactly("soon", "late");
            assertThat(second.stats().references()).isEqualTo(second.stats().slots());
        }
    }

    @Test
    void close_letsGo_forTheNextProcessToo() throws InterruptedException {
        try (SimulatedApplication first = application(kernel).start()) {
            TimerSlots<String> map = first.timers("t");
            map.start("a", SECOND);
            assertThat(map.close(Duration.ZERO)).isEqualTo(CloseOutcome.CLOSED);
        }
        try (SimulatedApplication second = application(kernel).start()) {
            second.timers("t");
            second.pass(SECOND);
            assertThat(second.firedKeys()).containsExactly("a");
        }
    }

    @Test
    void drop_leavesNothing() throws InterruptedException {
        try (SimulatedApplication first = application(kernel).start()) {
            TimerSlots<String> map = first.timers("t");
            map.start("a", SECOND);
            map.start("b", SECOND.multipliedBy(20));
            assertThat(map.drop(Duration.ZERO)).isEqualTo(CloseOutcome.CLOSED);
            first.settle();
            assertThat(kernel.timers()).isZero();
            assertThat(first.timers("t").stats().slots()).isZero();
        }
    }

    @Test
    void firedWhileAway_isTakenInTheOrderOfTheRing() {
        try (SimulatedApplication first = application(kernel).start()) {
            TimerSlots<String> map = first.timers("t");
            for (int i = 9; i >= 0; i--) {
                map.start("k" + i, SECOND.plusMillis(i));
            }
        }
        for (int i = 0; i < 20; i++) {
            ticker.advance(Duration.ofMillis(100));
            kernel.tick();
        }
        try (SimulatedApplication second = application(kernel)) {
            second.timers("t");
            second.start().settle();
            assertThat(second.firedKeys()).containsExactly("k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "k9");
            assertThat(second.fired).allMatch(SimulatedApplication.Fired::whileAway);
        }
    }

    @Test
    void runThatWasCutOff_comesAgain_untilItIsAcknowledged() {
        SimulatedApplication first = application(kernel).start();
        TimerSlots<String> firstMap = first.timers("t");
        SimulatedKernel[] image = new SimulatedKernel[1];
        first.callback = firing -> image[0] = kernel.image();
        firstMap.start("a", SECOND);
        first.pass(SECOND);

        SimulatedApplication second = application(image[0]);
        TimerSlots<String> secondMap = second.timers("t");
        assertThat(secondMap.find("a").orElseThrow().runState()).isEqualTo(RunState.RUNNING);
        assertThat(secondMap.cancel("a")).isEqualTo(CancelOutcome.RUNNING);
        second.callback = firing -> image[0] = second.kernel.image();
        second.start().settle();
        assertThat(second.fired).hasSize(1);
        assertThat(second.fired.get(0).attempt()).isEqualTo(2);
        assertThat(second.fired.get(0).generation())
                .isEqualTo(first.fired.get(0).generation());

        SimulatedApplication third = application(image[0]);
        third.timers("t");
        third.start().settle();
        assertThat(third.fired.get(0).attempt()).isEqualTo(3);
        third.pass(SECOND.multipliedBy(10));
        assertThat(third.fired).hasSize(1);
        SimulatedKernel acknowledged = third.kernel.image();

        SimulatedApplication fourth = application(acknowledged);
        TimerSlots<String> fourthMap = fourth.timers("t");
        fourth.start().pass(SECOND.multipliedBy(10));
        assertThat(fourth.fired).isEmpty();
        assertThat(fourthMap.stats().references()).isEqualTo(1);
    }

    /** Each stop takes it out of the executor's hands, as often as it was put there. */
    @Test
    void runThatWasCutOff_isGivenBack_asOftenAsCallbacksAreStopped() throws InterruptedException {
        for (boolean deleted : new boolean[] {false, true}) {
            SimulatedApplication first =
                    application(new SimulatedKernel(ticker, 32, 32)).start();
            SimulatedKernel[] image = new SimulatedKernel[1];
            first.callback = firing -> image[0] = first.kernel.image();
            first.timers("t").start("a", SECOND);
            first.pass(SECOND);

            SimulatedApplication second = application(image[0]);
            TimerSlots<String> map = second.timers("t");
            for (int i = 0; i < 4; i++) {
                second.full = i % 2 != 0; // once it waits in the executor, once for a place there
                second.start().backend.pump();
                second.registry.stop(Duration.ZERO);
                second.tasks.clear();
            }
            if (deleted) {
                assertThat(map.delete("a")).isEqualTo(DeleteOutcome.DELETED_WHILE_RUNNING);
            }
            second.full = false;
            second.start().settle();
            assertThat(second.fired).as("runs, deleted: " + deleted).hasSize(deleted ? 0 : 1);
            assertThat(map.stats().references()).isEqualTo(deleted ? 0 : 1);
            assertTimeoutPreemptively(
                    SECOND.multipliedBy(10),
                    () -> assertThat(map.start("a", SECOND)).isEqualTo(StartOutcome.STARTED));
            second.fired.clear();
            second.pass(SECOND);
            assertThat(second.firedKeys()).containsExactly("a");
            assertThat(map.delete("a")).isEqualTo(DeleteOutcome.DELETED);
            second.settle();
            assertThat(map.stats().references()).isZero();
            assertThat(second.kernel.timers()).isZero();
        }
    }

    /** A fence that a user keeps in a database refuses nothing that is newer, whatever became of the memory. */
    @Test
    void generationsRise_afterDropAndDamage() {
        long last = 0;
        for (long retired : new long[] {0, -1, Long.MAX_VALUE, 7}) {
            SimulatedKernel made = new SimulatedKernel(ticker, 64, 32); // dropped, or lost by a reboot
            Layout.LONG.set(made.header, Layout.HEADER_RETIRED, retired);
            SimulatedApplication process = application(made).start();
            TimerSlots<String> map = process.timers("t");
            for (int i = 0; i < 100; i++) {
                map.start("a", SECOND);
                long generation = map.find("a").orElseThrow().generation();
                assertThat(generation).isGreaterThan(last).isLessThan(1L << 53);
                last = generation;
                map.delete("a");
            }
            ticker.advance(Duration.ofMillis(1));
        }
    }

    @Test
    void deletedSlot_leavesNothingOfItsKey() {
        SimulatedApplication process = application(kernel).start();
        TimerSlots<String> map = process.timers("t");
        map.start("a-secret-key", SECOND);
        assertThat(text(kernel)).contains("a-secret-key");
        map.delete("a-secret-key");
        process.settle();
        assertThat(text(kernel)).doesNotContain("secret");
    }

    private static String text(SimulatedKernel kernel) {
        return new String(
                kernel.keys.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE),
                java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    @Test
    void runThatWasCutOff_andArmedAgain_comesAgainFirst() {
        SimulatedApplication first = application(kernel).start();
        TimerSlots<String> map = first.timers("t");
        SimulatedKernel[] image = new SimulatedKernel[1];
        first.callback = firing -> {
            firing.restart(SECOND);
            image[0] = kernel.image();
        };
        map.start("a", SECOND);
        first.pass(SECOND);

        SimulatedApplication second = application(image[0]);
        second.timers("t");
        second.start().settle();
        assertThat(second.fired).hasSize(1);
        second.pass(SECOND);
        assertThat(second.fired)
                .extracting(SimulatedApplication.Fired::generation)
                .containsExactly(
                        first.fired.get(0).generation(), first.fired.get(0).generation() + 1);
        assertThat(second.fired).extracting(SimulatedApplication.Fired::attempt).containsExactly(2, 1);
    }

    @Test
    void runThatWasCutOff_andDeleted_doesNotComeAgain() throws InterruptedException {
        SimulatedApplication first = application(kernel).start();
        SimulatedKernel[] image = new SimulatedKernel[1];
        first.callback = firing -> image[0] = kernel.image();
        first.timers("t").start("a", SECOND);
        first.pass(SECOND);

        SimulatedApplication second = application(image[0]);
        TimerSlots<String> map = second.timers("t");
        assertThat(map.cancelAndAwait("a", Duration.ZERO)).isEqualTo(CancelOutcome.TIMED_OUT);
        assertThat(map.delete("a")).isEqualTo(DeleteOutcome.DELETED_WHILE_RUNNING);
        assertThat(map.cancelAndAwait("a", Duration.ZERO)).isEqualTo(CancelOutcome.ABSENT);
        assertThat(map.awaitRun("a", Duration.ZERO)).isEqualTo(AwaitOutcome.ENDED);
        second.start().pass(SECOND);
        assertThat(second.fired).isEmpty();
        assertThat(map.stats().references()).isZero();
        assertThat(second.kernel.timers()).isZero();
        assertThat(map.close(Duration.ZERO)).isEqualTo(CloseOutcome.CLOSED);
    }

    /** It has begun, and a pause does not stop what has begun; nor does the pause of a process outlive it. */
    @Test
    void runThatWasCutOff_comesAgainInAPausedMap_andNothingElseDoes() {
        SimulatedApplication first = application(kernel).start();
        TimerSlots<String> map = first.timers("t");
        SimulatedKernel[] image = new SimulatedKernel[1];
        first.callback = firing -> {
            firing.restart(SECOND);
            map.pause();
            image[0] = kernel.image();
        };
        map.start("a", SECOND);
        first.pass(SECOND);

        SimulatedApplication second = application(image[0]);
        TimerSlots<String> paused = second.timers("t");
        assertThat(paused.isPaused()).as("as the former process left it").isFalse();
        paused.pause();
        second.start().pass(SECOND.multipliedBy(3));
        assertThat(second.fired).extracting(SimulatedApplication.Fired::attempt).containsExactly(2);
        paused.resume();
        second.settle();
        assertThat(second.fired).extracting(SimulatedApplication.Fired::attempt).containsExactly(2, 1);
    }

    @Test
    void workThatWaited_isDone() {
        SimulatedApplication first = application(kernel).start();
        WorkSlots<String> map = first.works("w");
        map.submit("a");
        SimulatedApplication second = application(kernel.image());
        second.works("w");
        second.start().settle();
        assertThat(second.firedKeys()).containsExactly("a");
    }

    @Test
    void keysOfOtherTypes_areFoundAgain() {
        UUID uuid = UUID.fromString("0a0b0c0d-0000-1111-2222-333344445555");
        try (SimulatedApplication first = application(kernel).start()) {
            slots(first, "long", Long.class).start(Long.MIN_VALUE + 1, SECOND);
            slots(first, "integer", Integer.class).start(-7, SECOND);
            slots(first, "uuid", UUID.class).start(uuid, SECOND);
        }
        try (SimulatedApplication second = application(kernel)) {
            assertThat(slots(second, "long", Long.class).find(Long.MIN_VALUE + 1))
                    .isPresent();
            assertThat(slots(second, "integer", Integer.class).find(-7)).isPresent();
            assertThat(slots(second, "uuid", UUID.class).find(uuid)).isPresent();
            second.start().pass(SECOND);
            assertThat(second.firedKeys()).containsExactlyInAnyOrder(Long.MIN_VALUE + 1, -7, uuid);
        }
    }

    private static <K> TimerSlots<K> slots(SimulatedApplication application, String name, Class<K> type) {
        return application.registry.register(
                TimerMapSpec.named(name, type).callback(application.callback()).build());
    }

    @Test
    void mapOfAnotherKind_isRefusedAsLongAsSlotsAreLeft() {
        try (SimulatedApplication first = application(kernel).start()) {
            first.timers("t").start("a", SECOND);
            first.timers("empty").start("a", SECOND);
            first.registry.timers("empty", String.class).delete("a");
        }
        try (SimulatedApplication second = application(kernel)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> slots(second, "t", Long.class))
                    .withMessageContaining("java.lang.String")
                    .withMessageContaining("java.lang.Long");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> second.registry.register(
                            second.spec("t").clock(SlotClock.BOOTTIME).build()));
            slots(second, "empty", Long.class).start(1L, SECOND);
            assertThat(second.timers("t").find("a")).isPresent();
        }
    }

    @Test
    void slotsOfAMapThatIsNotRegistered_waitAndAreReported() {
        try (SimulatedApplication first = application(kernel).start()) {
            first.timers("old").start("a", SECOND);
            first.timers("old2").start("b", SECOND);
        }
        SimulatedApplication second = application(kernel);
        try (second) {
            second.timers("new");
            second.start().pass(SECOND.multipliedBy(2));
            assertThat(second.fired).isEmpty();
            assertThat(second.backend.report().reasons())
                    .anySatisfy(reason -> assertThat(reason).contains("'old'").contains("1 slots"));
            assertThat(second.backend.report().details().get("orphans")).isEqualTo(Map.of("old", 1, "old2", 1));
            second.timers("old");
            second.settle();
            assertThat(second.firedKeys()).containsExactly("a");
            assertThat(second.fired.get(0).whileAway()).isTrue();
        }
    }

    @Test
    void callbackThatEndsAfterTheRegistryIsClosed_isAcknowledged() {
        SimulatedApplication first = application(kernel).start();
        first.callback = firing -> first.registry.close();
        first.timers("t").start("a", SECOND);
        first.pass(SECOND.minusMillis(1));
        ticker.advance(Duration.ofMillis(1));
        first.backend.pump();
        first.runTask();
        assertThat(first.fired).hasSize(1);

        SimulatedApplication second = application(kernel.image());
        TimerSlots<String> map = second.timers("t");
        second.start().settle();
        assertThat(second.fired).isEmpty();
        assertThat(map.find("a").orElseThrow().runState()).isEqualTo(RunState.IDLE);
    }

    /** What was freed because it was idle leaves no record, and the next slot of its key a higher generation. */
    @Test
    void slotsFreedWhenIdle_areNotThereAfterwards() {
        SimulatedApplication first = application(kernel).start();
        TimerSlots<String> firstMap = first.freeing("t");
        firstMap.start("fired", SECOND);
        firstMap.start("fired", SECOND);
        firstMap.start("cancelled", SECOND);
        firstMap.start("cancelled", SECOND);
        firstMap.start("armed", SECOND.multipliedBy(5));
        assertThat(firstMap.cancel("cancelled")).isEqualTo(CancelOutcome.CANCELLED);
        first.pass(SECOND);
        assertThat(first.firedKeys()).containsExactly("fired");
        assertThat(kernel.timers()).as("timers left in the kernel").isOne();

        SimulatedApplication second = application(kernel.image());
        TimerSlots<String> map = second.freeing("t");
        assertThat(map.stats().slots()).isOne();
        assertThat(map.find("fired")).isEmpty();
        assertThat(map.find("cancelled")).isEmpty();
        map.start("fired", SECOND);
        map.start("cancelled", SECOND);
        assertThat(map.find("fired").orElseThrow().generation()).isGreaterThan(2);
        assertThat(map.find("cancelled").orElseThrow().generation()).isGreaterThan(2);
        second.start().pass(SECOND.multipliedBy(10));
        assertThat(second.firedKeys()).containsExactlyInAnyOrder("fired", "cancelled", "armed");
        assertThat(map.stats().references()).isZero();
        assertThat(second.kernel.timers()).isZero();
    }

    /** A map that kept idle slots frees them now: what is idle goes as it is found. */
    @Test
    void idleSlotsThatWereLeft_areFreedByAMapThatKeepsNone() {
        SimulatedApplication first = application(kernel).start();
        TimerSlots<String> kept = first.timers("t");
        kept.start("idle", SECOND);
        kept.start("armed", SECOND.multipliedBy(5));
        first.pass(SECOND);
        assertThat(kept.stats().slots()).isEqualTo(2);

        SimulatedApplication second = application(kernel.image());
        TimerSlots<String> map = second.freeing("t");
        assertThat(map.find("idle")).isEmpty();
        assertThat(map.stats().slots()).isOne();
        second.start().pass(SECOND.multipliedBy(10));
        assertThat(second.firedKeys()).containsExactly("armed");
        assertThat(map.stats().references()).isZero();
        assertThat(second.kernel.timers()).isZero();
    }

    @Test
    void runThatWasCutOff_ofASlotThatIsFreedWhenIdle_comesAgainOnce() {
        SimulatedApplication first = application(kernel).start();
        SimulatedKernel[] image = new SimulatedKernel[1];
        first.callback = firing -> image[0] = kernel.image();
        first.freeing("t").start("a", SECOND);
        first.pass(SECOND);

        SimulatedApplication second = application(image[0]);
        TimerSlots<String> map = second.freeing("t");
        assertThat(map.find("a").orElseThrow().runState()).isEqualTo(RunState.RUNNING);
        second.start().settle();
        assertThat(second.fired).hasSize(1);
        assertThat(second.fired.get(0).attempt()).isEqualTo(2);
        assertThat(map.find("a")).isEmpty();

        SimulatedApplication third = application(second.kernel.image());
        TimerSlots<String> last = third.freeing("t");
        third.start().pass(SECOND.multipliedBy(10));
        assertThat(third.fired).isEmpty();
        assertThat(last.stats().slots()).isZero();
    }

    @Test
    void callbackThatEndsAfterTheRegistryIsClosed_leavesNoSlotThatWouldBeIdle() {
        SimulatedApplication first = application(kernel).start();
        first.callback = firing -> first.registry.close();
        first.freeing("t").start("a", SECOND);
        first.pass(SECOND.minusMillis(1));
        ticker.advance(Duration.ofMillis(1));
        first.backend.pump();
        first.runTask();
        assertThat(first.fired).hasSize(1);

        SimulatedApplication second = application(kernel.image());
        TimerSlots<String> map = second.freeing("t");
        second.start().settle();
        assertThat(second.fired).isEmpty();
        assertThat(map.find("a")).isEmpty();
        assertThat(map.stats().references()).isZero();
    }

    /**
     * T1 deletes, its word is not copied yet; T2 starts the key anew, in another record; both are killed: the younger
     * record is the slot.
     */
    @Test
    void ofTwoRecordsOfOneKey_theYoungerIsTheSlot() {
        SimulatedApplication first = application(kernel).start();
        first.timers("t").start("a", SECOND);
        SimulatedKernel image = kernel.image();
        int older = image.capacity - 1; // free until now
        MemorySegment.copy(image.control, 0, image.control, Layout.controlAt(older), Layout.CONTROL_BYTES);
        MemorySegment.copy(image.keys, 0, image.keys, Layout.keyAt(older, 32), Layout.keyRecordBytes(32));
        Layout.LONG.set(image.control, Layout.CONTROL_SEQUENCE, 7L);
        long next =
                (long) Layout.LONG.get(image.control, Layout.CONTROL_GENERATION_BASE) + 128; // the same tag, one lap on
        Layout.LONG.set(image.control, Layout.CONTROL_GENERATION_BASE, next);
        image.seal(0);
        image.seal(older);

        SimulatedApplication second = application(image);
        TimerSlots<String> map = second.timers("t");
        assertThat(map.stats().slots()).isEqualTo(1);
        assertThat(map.find("a").orElseThrow().generation()).isEqualTo(next);
        assertThat(second.backend.report().details().get("slots")).isEqualTo(1);
        second.start().pass(SECOND.multipliedBy(3));
        assertThat(second.fired)
                .extracting(SimulatedApplication.Fired::generation)
                .containsExactly(next);
    }

    @Test
    void manyLives_useNoRecordTwice_andLeakNone() {
        for (int life = 0; life < 20; life++) {
            try (SimulatedApplication application = application(kernel).start()) {
                TimerSlots<String> map = application.timers("t");
                for (int i = 0; i < kernel.capacity; i++) {
                    assertThat(map.start("k" + i, SECOND)).isIn(StartOutcome.STARTED, StartOutcome.REARMED);
                }
                for (int i = life % 2; i < kernel.capacity; i += 2) {
                    map.delete("k" + i);
                }
            }
            assertThat(kernel.timers()).isLessThanOrEqualTo(kernel.capacity);
        }
        try (SimulatedApplication last = application(kernel).start()) {
            last.timers("t");
            last.pass(SECOND);
            assertThat(last.fired).hasSize(kernel.capacity / 2);
        }
    }
}
