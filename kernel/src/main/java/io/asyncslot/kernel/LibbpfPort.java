package io.asyncslot.kernel;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** The real kernel, by way of the system's libbpf. */
public final class LibbpfPort implements KernelPort {

    private static final int RUN_ARGUMENT_BYTES = 8;
    private static final long RUN_COUNT = 0;
    private static final long RUN_DONE = 4;

    private final Libbpf libbpf;
    private final @Nullable PinWatch pins;
    private final KernelObjects objects;
    private final KernelFeatures features;
    private final int capacity;
    private final int keyBytes;

    /** Of the mappings: closed by {@link #close}, after which they throw instead of ending the process. */
    private final Arena arena;

    private final MemorySegment header;
    private final MemorySegment control;
    private final MemorySegment keys;
    private final MemorySegment directory;
    private final MemorySegment commands;
    private final boolean touchable;
    private final MemorySegment since;
    private final MemorySegment touches;
    private final int valueBytes;
    private final MemorySegment shapes;
    private final MemorySegment values;
    private final EventRing ring;

    /** Of the thread that runs commands. */
    private final MemorySegment runArguments;

    private final MemorySegment runOptions;
    private boolean closed;

    private LibbpfPort(Libbpf libbpf, @Nullable Pins pins, KernelObjects objects, Arena arena) {
        this.libbpf = libbpf;
        Path pinned = pins == null ? null : pins.directory();
        this.objects = objects;
        this.arena = arena;
        header = map(KernelObjects.HEADER, Layout.HEADER_BYTES);
        capacity = (int) Layout.INT.get(header, Layout.HEADER_CAPACITY);
        keyBytes = (int) Layout.INT.get(header, Layout.HEADER_KEY_BYTES);
        expect(KernelObjects.CONTROL, Layout.CONTROL_BYTES, capacity, pinned);
        expect(KernelObjects.KEYS, Layout.keyRecordBytes(keyBytes), capacity, pinned);
        expect(KernelObjects.DIRECTORY, Layout.DIRECTORY_BYTES, Layout.DIRECTORY_RECORDS, pinned);
        expect(KernelObjects.COMMANDS, Layout.COMMAND_BYTES, Layout.COMMAND_RECORDS, pinned);
        control = map(KernelObjects.CONTROL, Layout.controlAt(capacity));
        keys = map(KernelObjects.KEYS, Layout.keyAt(capacity, keyBytes));
        directory = map(KernelObjects.DIRECTORY, Layout.directoryAt(Layout.DIRECTORY_RECORDS));
        commands = map(KernelObjects.COMMANDS, Layout.commandAt(Layout.COMMAND_RECORDS));
        touchable = (int) Layout.INT.get(header, Layout.HEADER_TOUCHABLE) == 1;
        int touched = touchable ? capacity : 1;
        expect(KernelObjects.SINCE, Layout.SINCE_BYTES, touched, pinned);
        expect(KernelObjects.TOUCHES, Layout.TOUCH_BYTES, touched, pinned);
        since = touchable ? map(KernelObjects.SINCE, Layout.sinceAt(capacity)) : MemorySegment.NULL;
        touches = touchable ? map(KernelObjects.TOUCHES, Layout.touchAt(capacity)) : MemorySegment.NULL;
        valueBytes = (int) Layout.INT.get(header, Layout.HEADER_VALUE_BYTES);
        boolean room = valueBytes != 0;
        int entries = Layout.valueEntries(capacity);
        expect(KernelObjects.SHAPES, Layout.SHAPE_BYTES, room ? capacity : 1, pinned);
        expect(KernelObjects.VALUES, Layout.valueRecordBytes(valueBytes), room ? entries : 1, pinned);
        shapes = room ? map(KernelObjects.SHAPES, Layout.shapeAt(capacity)) : MemorySegment.NULL;
        values = room ? map(KernelObjects.VALUES, Layout.valueAt(entries, valueBytes)) : MemorySegment.NULL;
        ring = new EventRing(
                objects.descriptor(KernelObjects.EVENTS),
                objects.info(KernelObjects.EVENTS).entries(),
                arena);
        runArguments = arena.allocate(RUN_ARGUMENT_BYTES, 8);
        runOptions = Libbpf.testRunOptions(runArguments, arena);
        ProgramVariant variant = ProgramVariant.named(Layout.text(header, Layout.HEADER_PROGRAM, Layout.PROGRAM_BYTES));
        features = new KernelFeatures(
                release(),
                variant.resource(),
                variant.cancelAsync(),
                InspectCall.make(libbpf, objects, 0).countsReferences(),
                pins != null);
        this.pins =
                pins == null ? null : new PinWatch(libbpf, objects, pins); // last: the lock is the caller's until then
    }

    /**
     * Takes slots in the kernel into use. Without a pin path: new ones, which end with this process. With one: those that
     * are pinned there; if nothing is, new ones are loaded and pinned, which needs CAP_BPF and CAP_PERFMON.
     *
     * @param settings how much room, and where
     * @return a port; its header says who holds it
     * @throws PinPathHeldException if another process uses that pin path
     * @throws PinLayoutException if what is pinned there is of another version
     * @throws KernelException if anything else is in the way; {@link KernelProbe#explain} says it in words
     */
    public static LibbpfPort open(KernelSettings settings) {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new KernelException("the program is made for little-endian machines");
        }
        Libbpf libbpf = Libbpf.get();
        Path path = settings.pinPath();
        return path == null ? openPrivate(libbpf, settings) : openPinned(libbpf, settings, path);
    }

    private static LibbpfPort openPrivate(Libbpf libbpf, KernelSettings settings) {
        ProgramVariant variant = variantOf(libbpf);
        KernelObjects objects = KernelObjects.load(libbpf, variant, settings);
        try {
            objects.initHeader(variant, settings);
            return make(libbpf, null, objects, settings.holder());
        } catch (RuntimeException | Error e) {
            objects.close();
            throw e;
        }
    }

    private static LibbpfPort openPinned(Libbpf libbpf, KernelSettings settings, Path path) {
        if (!KernelMounts.isBpffs(path)) {
            throw new KernelException(KernelProblem.BPFFS_NOT_MOUNTED, path + " is not in a BPF file system");
        }
        boolean made = makeDirectory(path);
        Pins pins = Pins.lock(path);
        try {
            ensureLoaded(libbpf, pins, settings);
            KernelObjects objects = pins.open(libbpf);
            try {
                return make(libbpf, pins, objects, settings.holder());
            } catch (RuntimeException | Error e) {
                objects.close();
                throw e;
            }
        } catch (RuntimeException | Error e) {
            if (made && KernelObjects.countPins(path) == 0) {
                pins.drop(); // leave nothing behind
            }
            pins.close();
            throw e;
        }
    }

    private static LibbpfPort make(Libbpf libbpf, @Nullable Pins pins, KernelObjects objects, String holder) {
        Arena arena = Arena.ofShared();
        try {
            LibbpfPort port = new LibbpfPort(libbpf, pins, objects, arena);
            port.signHeader(holder);
            return port;
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /** Loads and pins unless that was done before. True if it had to be done. */
    static boolean ensureLoaded(Libbpf libbpf, Pins pins, KernelSettings settings) {
        Pins.Contents contents = pins.contents();
        if (contents == Pins.Contents.COMPLETE) {
            return false;
        }
        if (contents == Pins.Contents.DAMAGED) {
            Pins.check(pins.directory()); // refuses
        }
        if (contents == Pins.Contents.INCOMPLETE) {
            pins.clear();
        }
        try {
            pins.load(libbpf, variantOf(libbpf), settings);
        } catch (RuntimeException | Error e) {
            pins.clear();
            throw e;
        }
        return true;
    }

    private static ProgramVariant variantOf(Libbpf libbpf) {
        KernelTypes types = libbpf.kernelTypes();
        ProgramVariant variant = types.variant();
        if (variant == null) {
            throw new KernelException(
                    types.timer() && types.work() ? KernelProblem.KFUNC_SIGNATURE : KernelProblem.KFUNC_MISSING,
                    "this kernel's BTF does not have bpf_timer and bpf_wq in a known form");
        }
        return variant;
    }

    static boolean makeDirectory(Path path) {
        try {
            boolean isNew = !Files.isDirectory(path);
            Files.createDirectories(
                    path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
            return isNew;
        } catch (AccessDeniedException e) {
            throw new KernelException("open " + path, Errno.EACCES.number());
        } catch (FileAlreadyExistsException e) {
            throw new KernelException(KernelProblem.PIN_DIRECTORY, path + " is not a directory");
        } catch (IOException e) {
            throw new KernelException("make directory " + path + ": " + e);
        }
    }

    private static String release() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();
        } catch (IOException e) {
            return System.getProperty("os.version", "unknown");
        }
    }

    private void signHeader(String holder) {
        Layout.putText(header, Layout.HEADER_HOLDER, Layout.HOLDER_BYTES, holder);
        Layout.LONG.setVolatile(header, Layout.HEADER_HOLDER_STARTED, System.currentTimeMillis());
        Layout.INT.setVolatile(
                header, Layout.HEADER_HOLDER_PID, (int) ProcessHandle.current().pid());
        Layout.INT.getAndAdd(header, Layout.HEADER_ATTACHMENTS, 1);
    }

    private MemorySegment map(String map, long bytes) {
        return SystemCalls.map(
                map, objects.descriptor(map), 0, bytes, SystemCalls.PROT_READ | SystemCalls.PROT_WRITE, arena);
    }

    private void expect(String map, int valueBytes, int entries, @Nullable Path pinned) {
        Libbpf.MapInfo info = objects.info(map);
        if (info.valueBytes() != valueBytes || info.entries() != entries) {
            String found = "map " + map + " has " + info.entries() + " values of " + info.valueBytes() + " bytes, not "
                    + entries + " of " + valueBytes;
            if (pinned == null) {
                throw new KernelException(found);
            }
            throw new PinLayoutException(pinned, found, Pins.remedy(pinned));
        }
    }

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public int keyBytes() {
        return keyBytes;
    }

    @Override
    public int maxCommands() {
        return Layout.COMMAND_RECORDS;
    }

    @Override
    public MemorySegment header() {
        return header;
    }

    @Override
    public MemorySegment control() {
        return control;
    }

    @Override
    public MemorySegment keys() {
        return keys;
    }

    @Override
    public MemorySegment directory() {
        return directory;
    }

    @Override
    public boolean touchable() {
        return touchable;
    }

    @Override
    public MemorySegment since() {
        return since;
    }

    @Override
    public MemorySegment touches() {
        return touches;
    }

    @Override
    public int valueBytes() {
        return valueBytes;
    }

    @Override
    public MemorySegment shapes() {
        return shapes;
    }

    @Override
    public MemorySegment values() {
        return values;
    }

    @Override
    public MemorySegment commands() {
        return commands;
    }

    @Override
    public void run(int count) {
        if (count < 1 || count > Layout.COMMAND_RECORDS) {
            throw new IllegalArgumentException(
                    "count is " + count + ", but must be from 1 to " + Layout.COMMAND_RECORDS);
        }
        runArguments.set(ValueLayout.JAVA_INT, RUN_COUNT, count);
        libbpf.testRun("run", objects.descriptor(KernelObjects.RUN), runOptions);
        int done = runArguments.get(ValueLayout.JAVA_INT, RUN_DONE);
        if (done != count) {
            throw new KernelException("run executed " + done + " of " + count + " commands");
        }
    }

    @Override
    public int poll(EventSink sink, long timeoutNanos) {
        return ring.poll(sink, timeoutNanos);
    }

    @Override
    public long ringDamages() {
        return ring.damages();
    }

    @Override
    public void watchPins() {
        if (pins != null) {
            pins.look();
        }
    }

    @Override
    public @Nullable String pinTrouble() {
        return pins == null ? null : pins.trouble();
    }

    @Override
    public long repinned() {
        return pins == null ? 0 : pins.repinned();
    }

    @Override
    public void wake() {
        ring.wake();
    }

    @Override
    public Inspection inspect(int index) {
        return InspectCall.make(libbpf, objects, index).inspection();
    }

    @Override
    public KernelFeatures features() {
        return features;
    }

    /**
     * The kernel's number of the map that holds the timers, as bpftool shows it.
     *
     * @return the map's id
     */
    public int timersMapId() {
        return objects.info(KernelObjects.TIMERS).id();
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try (pins; // last, whatever the others throw: nobody else gets the lock otherwise
                objects;
                arena) {
            ring.close();
        }
    }
}
