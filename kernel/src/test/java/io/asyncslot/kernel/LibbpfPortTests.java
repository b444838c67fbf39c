package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.asyncslot.kernel.SlotDriver.Fired;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The port and the program against the kernel of this machine. Never more than a few dozen timers at a time. */
class LibbpfPortTests {

    private static final long MILLI = 1_000_000;
    private static final long HOUR = 3_600_000 * MILLI;
    private static final int ADJ_SETOFFSET_NANO = 0x0100 | 0x2000;
    private static final long TIMEX_NANOS = 80;

    private LibbpfPort port;
    private SlotDriver driver;

    @BeforeAll
    static void needKernel() {
        RealKernel.assume();
    }

    @BeforeEach
    void open() {
        port = LibbpfPort.open(RealKernel.settings(64, null));
        driver = new SlotDriver(port);
    }

    @AfterEach
    void close() {
        port.close();
    }

    @Test
    void start_firesOnceAndNotEarly() {
        driver.slot(3, Layout.KIND_TIMER, SlotDriver.MONOTONIC);
        long deadline = System.nanoTime() + 20 * MILLI;
        started(driver.start(3, SlotDriver.MONOTONIC, deadline));

        List<Fired> fired = driver.exactly(1);

        assertThat(fired).hasSize(1);
        assertThat(fired.get(0).index()).isEqualTo(3);
        assertThat(fired.get(0).word()).isEqualTo(SlotDriver.armed(deadline));
        assertThat(fired.get(0).firedAtNanos()).isGreaterThanOrEqualTo(deadline);
        assertThat(driver.fires(3)).isEqualTo(1);
    }

    @Test
    void start_onEachClock() {
        long monotonic = KernelClock.MONOTONIC.nanos();
        long offset = KernelClock.REALTIME.nanos() - monotonic;
        Layout.LONG.set(port.header(), Layout.HEADER_CLOCK_OFFSET + 8, offset);
        driver.slot(1, Layout.KIND_TIMER, SlotDriver.REALTIME);
        driver.slot(2, Layout.KIND_TIMER, SlotDriver.BOOTTIME);
        driver.word(1, SlotDriver.armed(monotonic + 100 * MILLI + offset));
        driver.command(0, 1, Layout.OP_START, SlotDriver.REALTIME, monotonic + 5 * MILLI);
        long boot = KernelClock.BOOTTIME.nanos() + 110 * MILLI;
        driver.word(2, SlotDriver.armed(boot));
        driver.command(1, 2, Layout.OP_START, SlotDriver.BOOTTIME, boot);
        port.run(2);
        started(driver.result(0));
        started(driver.result(1));

        List<Fired> fired = driver.exactly(2);

        assertThat(fired).extracting(Fired::index).containsExactlyInAnyOrder(1, 2);
        assertThat(fired.get(fired.get(0).index() - 1).firedAtNanos())
                .as("a timer that is early sets itself anew, by the wall clock's offset")
                .isGreaterThanOrEqualTo(monotonic + 100 * MILLI);
        assertThat(port.inspect(2).timerClock()).isEqualTo(KernelClock.BOOTTIME.number());
        assertThat(port.inspect(1).timerClock()).isEqualTo(KernelClock.MONOTONIC.number());
    }

    @Test
    void later_isOneStore() {
        driver.slot(5, Layout.KIND_TIMER, SlotDriver.MONOTONIC);
        long now = System.nanoTime();
        driver.word(5, SlotDriver.armed(now + 60 * MILLI)); // before the timer that it overrules can expire
        driver.command(0, 5, Layout.OP_START, SlotDriver.MONOTONIC, now + 10 * MILLI);
        port.run(1);
        started(driver.result(0));

        List<Fired> fired = driver.exactly(1);

        assertThat(fired).hasSize(1);
        assertThat(fired.get(0).firedAtNanos()).isGreaterThanOrEqualTo(now + 60 * MILLI);
    }

    @Test
    void cpuPin_isAcceptedByStartAndByTheCallback() {
        Layout.INT.set(port.header(), Layout.HEADER_FLAGS, (int) Layout.FLAG_CPU_PIN);
        driver.slot(5, Layout.KIND_TIMER, SlotDriver.MONOTONIC);
        long now = System.nanoTime();
        driver.word(5, SlotDriver.armed(now + 60 * MILLI));
        driver.command(0, 5, Layout.OP_START, SlotDriver.MONOTONIC, now + 10 * MILLI);
        Layout.BYTE.set(port.commands(), Layout.COMMAND_FLAGS, Layout.FLAG_CPU_PIN);
        port.run(1);
        started(driver.result(0));

        List<Fired> fired = driver.exactly(1);

        assertThat(fired).hasSize(1);
        assertThat(fired.get(0).firedAtNanos())
                .as("not at once, as it would were the callback's start refused")
                .isGreaterThanOrEqualTo(now + 60 * MILLI);
    }

    @Test
    void earlier_isOneCommandThatAllocatesNothing() {
        driver.slot(5, Layout.KIND_TIMER, SlotDriver.MONOTONIC);
        long now = System.nanoTime();
        started(driver.start(5, SlotDriver.MONOTONIC, now + HOUR));
        assertThat(driver.initResult(0)).isZero();
        started(driver.start(5, SlotDriver.MONOTONIC, now + 10 * MILLI));
        assertThat(driver.initResult(0)).as("1: no init was needed").isEqualTo(1);

        assertThat(driver.exactly(1)).hasSize(1);
    }

    @Test
    void disarmedWord_doesNotFire() {
        driver.slot(5, Layout.KIND_TIMER, SlotDriver.MONOTONIC);
        driver.word(5, 0); // before the timer can expire
        driver.command(0, 5, Layout.OP_START, SlotDriver.MONOTONIC, System.nanoTime() + 10 * MILLI);
        port.run(1);
        started(driver.result(0));

        assertThat(driver.await(1, 150)).isEmpty();
        assertThat(port.inspect(5).timer()).isTrue();
        assertThat(port.inspect(5).timerArmed()).isFalse();
    }

    @Test
    void cancel_andStartAgain() {
        driver.slot(5, Layout.KIND_TIMER, SlotDriver.MONOTONIC);
        assertThat(driver.op(5, Layout.OP_CANCEL)).isEqualTo(-Errno.EINVAL.number());
        started(driver.start(5, SlotDriver.MONOTONIC, System.nanoTime() + HOUR));
        assertThat(driver.op(5, Layout.OP_CANCEL)).isEqualTo(1);
        assertThat(port.inspect(5).timerArmed()).isFalse();
        started(driver.start(5, SlotDriver.MONOTONIC, System.nanoTime() + 5 * MILLI));

        assertThat(driver.exactly(1)).hasSize(1);
    }

    @Test
    void free_givesTheTimerBack() {
        driver.slot(5, Layout.KIND_TIMER, SlotDriver.MONOTONIC);
        long deadline = System.nanoTime() + 100 * MILLI;
        started(driver.start(5, SlotDriver.MONOTONIC, deadline));
        assertThat(driver.op(5, Layout.OP_FREE)).isZero();
        assumeTrue(System.nanoTime() < deadline, "SKIPPED: this thread had no CPU for a while");

        assertThat(port.inspect(5).timer()).isFalse();
        assertThat(driver.await(1, 150)).isEmpty();
        started(driver.start(5, SlotDriver.MONOTONIC, System.nanoTime() + 5 * MILLI));
        assertThat(driver.exactly(1)).hasSize(1);
    }

    @Test
    void work_firesOncePerStart() {
        driver.slot(7, Layout.KIND_WORK, SlotDriver.MONOTONIC);
        driver.word(7, SlotDriver.ARMED);
        started(driver.op(7, Layout.OP_WORK));
        assertThat(driver.exactly(1)).hasSize(1);
        started(driver.op(7, Layout.OP_WORK));
        assertThat(driver.exactly(2)).hasSize(2);
        assertThat(port.inspect(7).work()).isTrue();
        assertThat(port.inspect(7).workCallback()).isTrue();
        driver.word(7, SlotDriver.ARMED | SlotDriver.FREED);
        started(driver.op(7, Layout.OP_WORK));
        assertThat(driver.await(3, 50)).hasSize(2);
    }

    @Test
    void unknownSlotOrCommand_isRefused() {
        assertThat(driver.op(64, Layout.OP_START)).isEqualTo(-Errno.ENOENT.number());
        assertThat(driver.op(1, (short) 99)).isEqualTo(-Errno.EINVAL.number());
        assertThatThrownBy(() -> port.inspect(64))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("ENOENT");
        assertThatThrownBy(() -> port.run(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> port.run(4097)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void batch_isExecutedInOrder() {
        long now = System.nanoTime();
        for (int i = 0; i < 20; i++) {
            driver.slot(i, Layout.KIND_TIMER, SlotDriver.MONOTONIC);
            driver.word(i, SlotDriver.armed(now + (20 + i) * MILLI));
            driver.command(i, i, Layout.OP_START, SlotDriver.MONOTONIC, now + (20 + i) * MILLI);
        }
        port.run(20);
        for (int i = 0; i < 20; i++) {
            started(driver.result(i));
        }

        List<Fired> fired = driver.exactly(20);

        assertThat(fired).extracting(Fired::index).isSorted().hasSize(20);
    }

    @Test
    void fullRing_losesNothing() {
        port.close();
        port = LibbpfPort.open(new KernelSettings(64, 32, 4096, null, "tests"));
        driver = new SlotDriver(port);
        int room = 4096 / (8 + Layout.EVENT_BYTES);
        driver.slot(0, Layout.KIND_TIMER, SlotDriver.MONOTONIC);
        driver.slot(1, Layout.KIND_WORK, SlotDriver.MONOTONIC);
        driver.word(1, SlotDriver.ARMED);
        for (int i = 0; i < room && driver.fires(1) < room; ) {
            started(driver.op(1, Layout.OP_WORK));
            int before = i++;
            awaitFires(1, before + 1);
        }
        int filled = driver.fires(1);
        started(driver.start(0, SlotDriver.MONOTONIC, System.nanoTime()));
        started(driver.op(1, Layout.OP_WORK));
        awaitRetries(0, 2);
        awaitRetries(1, 2);

        List<Fired> fired = driver.exactly(filled);

        assertThat(fired).extracting(Fired::index).containsOnly(1);
        assertThat(driver.retries(0)).as("parked: no third try").isEqualTo(2);
        assertThat(port.inspect(0).timerArmed()).isFalse();
        assertThat(ringFull()).as("whoever comes sees that events are missing").isGreaterThanOrEqualTo(4);
        started(driver.start(0, SlotDriver.MONOTONIC, System.nanoTime()));
        assertThat(driver.exactly(filled + 1)) // the second try of the other slot may have met the emptied ring
                .extracting(Fired::index)
                .as("and it fires as before")
                .contains(0);
    }

    /** A thousand slots are due and nobody takes the events: each is tried twice, and that is all. */
    @Test
    void ringThatNobodyEmpties_costsTwoTriesASlot() throws InterruptedException {
        int slots = 1_000;
        port.close();
        port = LibbpfPort.open(new KernelSettings(slots, 32, 4096, null, "tests"));
        driver = new SlotDriver(port);
        int taken = 0;
        long due = System.nanoTime() + 300 * MILLI;
        for (int i = 0; i < slots; i++) {
            driver.slot(i, Layout.KIND_TIMER, SlotDriver.MONOTONIC);
            taken += driver.start(i, SlotDriver.MONOTONIC, due) == 0 ? 1 : 0; // the kernel may be short of memory
        }
        int room = 4096 / (8 + Layout.EVENT_BYTES);
        assumeTrue(taken > 2 * room, "SKIPPED: the kernel had memory for " + taken + " timers only (-ENOMEM)");
        long tries = 2L * (taken - room);
        long end = System.nanoTime() + 20_000 * MILLI;
        while (ringFull() < tries && System.nanoTime() < end) {
            Thread.sleep(10);
        }
        Thread.sleep(200); // two hundred pauses of the storm that there was
        assertThat(ringFull()).isBetween(tries, tries + 2);
    }

    private long ringFull() {
        return (long) Layout.LONG.getVolatile(port.header(), Layout.HEADER_RING_FULL);
    }

    @Test
    void inspect_tellsWhatTheKernelHolds() {
        assertThat(port.inspect(9).timer()).isFalse();
        driver.slot(9, Layout.KIND_TIMER, SlotDriver.MONOTONIC);
        long deadline = System.nanoTime() + HOUR;
        started(driver.start(9, SlotDriver.MONOTONIC, deadline));

        Inspection seen = port.inspect(9);

        assertThat(seen.timer()).isTrue();
        assertThat(seen.timerArmed()).isTrue();
        assertThat(seen.expiresNanos()).isEqualTo(deadline);
        assertThat(seen.timerCallback()).isTrue();
        assertThat(seen.timerProgram()).isPositive();
        assertThat(seen.work()).isFalse();
        if (port.features().referenceCount()) {
            assertThat(seen.timerReferences()).as("at rest").isEqualTo(OptionalInt.of(1));
        } else {
            assertThat(seen.timerReferences()).isEmpty();
            assertThat(seen.details().toString()).contains(Inspection.NOT_AVAILABLE);
        }
    }

    /** Set ahead by a nanosecond: that ends a poll, which would last for minutes. */
    @Test
    void wallClockThatIsSet_endsAPoll() throws InterruptedException {
        MethodHandle adjust =
                Native.link(Native.standardLibrary(), "clock_adjtime", Native.INT, Native.INT, Native.POINTER);
        CountDownLatch polled = new CountDownLatch(1);
        Thread poller = Thread.ofPlatform().start(() -> {
            port.poll((index, word, at) -> {}, 300_000 * MILLI);
            polled.countDown();
        });
        try (Arena arena = Arena.ofConfined()) {
            assertThat(polled.await(300, TimeUnit.MILLISECONDS))
                    .as("nothing else ends it")
                    .isFalse();
            MemorySegment timex = arena.allocate(256, 8);
            timex.set(ValueLayout.JAVA_INT, 0, ADJ_SETOFFSET_NANO);
            timex.set(ValueLayout.JAVA_LONG, TIMEX_NANOS, 1);
            int result = (int) adjust.invokeExact(KernelClock.REALTIME.number(), timex);
            assumeTrue(result >= 0, "SKIPPED: this user may not set the clock");
            assertThat(polled.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw e;
        } catch (Throwable e) {
            throw Native.failure(e);
        } finally {
            port.wake();
            poller.join();
        }
    }

    @Test
    void wake_endsAPoll() throws InterruptedException {
        Thread waker = Thread.ofPlatform().start(() -> {
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            port.wake();
        });
        assertThat(port.poll((index, word, at) -> {}, -1)).isZero();
        waker.join();
        port.wake();
        assertThat(port.poll((index, word, at) -> {}, -1))
                .as("a wake before the poll")
                .isZero();
        long before = System.nanoTime();
        assertThat(port.poll((index, word, at) -> {}, 30 * MILLI)).isZero();
        assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(30 * MILLI);
    }

    @Test
    void sinkThatThrows_getsTheEventAgain() {
        driver.slot(2, Layout.KIND_WORK, SlotDriver.MONOTONIC);
        driver.word(2, SlotDriver.ARMED);
        started(driver.op(2, Layout.OP_WORK));
        assertThatThrownBy(() -> port.poll(
                        (index, word, at) -> {
                            throw new IllegalStateException("no");
                        },
                        1_000 * MILLI))
                .hasMessage("no");
        assertThat(driver.exactly(1)).hasSize(1);
    }

    @Test
    void close_isFinal() {
        var control = port.control();
        port.close();
        port.close();
        assertThatThrownBy(() -> Layout.LONG.getVolatile(control, 0L)).isInstanceOf(IllegalStateException.class);
    }

    private void awaitFires(int index, int count) {
        long end = System.nanoTime() + 60_000 * MILLI;
        while (driver.fires(index) < count && System.nanoTime() < end) {
            if (driver.retries(index) > 0) {
                return;
            }
            Thread.onSpinWait();
        }
    }

    private void awaitRetries(int index, int count) {
        long end = System.nanoTime() + 60_000 * MILLI;
        while (driver.retries(index) < count && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(driver.retries(index)).isGreaterThanOrEqualTo(count);
    }

    /** A timer of a kernel that is short of memory at once is no failure of the program. */
    private static void started(int result) {
        assumeTrue(result != -Errno.ENOMEM.number(), "SKIPPED: the kernel had no memory at that moment (-ENOMEM)");
        assertThat(result).as(Errno.words(result)).isZero();
    }
}
