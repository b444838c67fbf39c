package io.asyncslot.kernel;

import io.asyncslot.test.contract.Shortage;
import java.lang.foreign.MemorySegment;

/** A port whose kernel has no memory for new timers and work items as long as a test wants that. */
final class ScarceKernel implements KernelPort, Shortage {

    private static final short NOTHING = 0;

    private final KernelPort port;

    /** Whether starts are refused. Set by the test, read by whoever runs commands. */
    private volatile boolean scarce;

    ScarceKernel(KernelPort port) {
        this.port = port;
    }

    @Override
    public void begin() {
        scarce = true;
    }

    @Override
    public void end() {
        scarce = false;
    }

    @Override
    public void run(int count) {
        boolean refused = scarce;
        boolean[] starts = new boolean[count];
        for (int i = 0; refused && i < count; i++) {
            long at = Layout.commandAt(i) + Layout.COMMAND_OP;
            short op = (short) Layout.SHORT.get(port.commands(), at);
            starts[i] = op == Layout.OP_START || op == Layout.OP_WORK;
            if (starts[i]) {
                Layout.SHORT.set(port.commands(), at, NOTHING);
            }
        }
        port.run(count);
        for (int i = 0; refused && i < count; i++) {
            if (starts[i]) {
                Layout.INT.set(port.commands(), Layout.commandAt(i) + Layout.COMMAND_RESULT, -Errno.ENOMEM.number());
            }
        }
    }

    @Override
    public int capacity() {
        return port.capacity();
    }

    @Override
    public int keyBytes() {
        return port.keyBytes();
    }

    @Override
    public int maxCommands() {
        return port.maxCommands();
    }

    @Override
    public MemorySegment header() {
        return port.header();
    }

    @Override
    public MemorySegment control() {
        return port.control();
    }

    @Override
    public MemorySegment keys() {
        return port.keys();
    }

    @Override
    public MemorySegment directory() {
        return port.directory();
    }

    @Override
    public int valueBytes() {
        return port.valueBytes();
    }

    @Override
    public MemorySegment shapes() {
        return port.shapes();
    }

    @Override
    public MemorySegment values() {
        return port.values();
    }

    @Override
    public MemorySegment commands() {
        return port.commands();
    }

    @Override
    public int poll(EventSink sink, long timeoutNanos) {
        return port.poll(sink, timeoutNanos);
    }

    @Override
    public void wake() {
        port.wake();
    }

    @Override
    public Inspection inspect(int index) {
        return port.inspect(index);
    }

    @Override
    public KernelFeatures features() {
        return port.features();
    }

    @Override
    public void close() {
        port.close();
    }
}
