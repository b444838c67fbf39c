package io.asyncslot.kernel;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Uses a port the way an engine does, one slot and one command at a time. Not thread-safe. */
final class SlotDriver {

    static final long ARMED = 1;
    static final long FREED = 4;
    static final long MONOTONIC = 0;
    static final long REALTIME = 1;
    static final long BOOTTIME = 2;

    private static final long PATIENCE_MILLIS = 30_000;

    private final KernelPort port;
    private final List<Fired> fired = new ArrayList<>();

    SlotDriver(KernelPort port) {
        this.port = port;
    }

    record Fired(int index, long word, long firedAtNanos) {}

    void slot(int index, byte kind, long clock) {
        MemorySegment control = port.control();
        long at = Layout.controlAt(index);
        Layout.BYTE.set(control, at + Layout.CONTROL_KIND, kind);
        Layout.BYTE.set(control, at + Layout.CONTROL_CLOCK, (byte) clock);
        Layout.SHORT.set(control, at + Layout.CONTROL_MAP, (short) 1);
    }

    static long armed(long deadlineNanos) {
        return (deadlineNanos + 999) / 1000 << 12 | ARMED;
    }

    void word(int index, long word) {
        Layout.LONG.setVolatile(port.control(), Layout.controlAt(index), word);
    }

    /** A new deadline, on the timer's clock, and the command for it. */
    int start(int index, long clock, long deadlineNanos) {
        word(index, armed(deadlineNanos));
        command(0, index, Layout.OP_START, clock, deadlineNanos);
        port.run(1);
        return result(0);
    }

    int op(int index, short op) {
        command(0, index, op, 0, 0);
        port.run(1);
        return result(0);
    }

    void command(int position, int index, short op, long clock, long deadlineNanos) {
        MemorySegment commands = port.commands();
        long at = Layout.commandAt(position);
        Layout.INT.set(commands, at + Layout.COMMAND_INDEX, index);
        Layout.SHORT.set(commands, at + Layout.COMMAND_OP, op);
        Layout.BYTE.set(commands, at + Layout.COMMAND_CLOCK, (byte) clock);
        Layout.BYTE.set(commands, at + Layout.COMMAND_FLAGS, (byte) 0);
        Layout.LONG.set(commands, at + Layout.COMMAND_DEADLINE, deadlineNanos);
        Layout.INT.set(commands, at + Layout.COMMAND_RESULT, Integer.MIN_VALUE);
    }

    int result(int position) {
        return (int) Layout.INT.get(port.commands(), Layout.commandAt(position) + Layout.COMMAND_RESULT);
    }

    int initResult(int position) {
        return (int) Layout.INT.get(port.commands(), Layout.commandAt(position) + Layout.COMMAND_INIT_RESULT);
    }

    int retries(int index) {
        return (int) Layout.INT.getVolatile(port.control(), Layout.controlAt(index) + Layout.CONTROL_RETRIES);
    }

    int fires(int index) {
        return (int) Layout.INT.getVolatile(port.control(), Layout.controlAt(index) + Layout.CONTROL_FIRES);
    }

    /** All events when there have been so many since this driver was made, however long that takes, and one too many. */
    List<Fired> exactly(int count) {
        await(count, PATIENCE_MILLIS);
        return await(count + 1, 100);
    }

    /** All events until there have been so many since this driver was made, or the time is over. */
    List<Fired> await(int count, long timeoutMillis) {
        long end = System.nanoTime() + timeoutMillis * 1_000_000;
        while (fired.size() < count && System.nanoTime() < end) {
            port.poll((index, word, at) -> fired.add(new Fired(index, word, at)), 10_000_000);
        }
        return fired;
    }
}
