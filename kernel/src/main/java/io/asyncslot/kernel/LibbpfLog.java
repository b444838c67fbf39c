package io.asyncslot.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Keeps libbpf's last warnings instead of letting it print them: they say why a load failed. Thread-safe. */
final class LibbpfLog {

    private static final int WARN = 0;
    private static final int MAX_LINES = 60;
    private static final int MAX_TEXT = 65_536;

    /** Oldest first. Guarded by itself. */
    private static final Deque<String> LINES = new ArrayDeque<>();

    private static final MethodHandle FORMAT = Native.link(
            Native.standardLibrary(),
            "vsnprintf",
            Native.INT,
            Native.POINTER,
            Native.LONG,
            Native.POINTER,
            Native.POINTER);

    private LibbpfLog() {}

    /** Installs itself, for the life of the process. */
    static void install(SymbolLookup libbpf) {
        try {
            MethodHandle target = MethodHandles.lookup()
                    .findStatic(
                            LibbpfLog.class,
                            "print",
                            MethodType.methodType(int.class, int.class, MemorySegment.class, MemorySegment.class));
            MemorySegment stub = Linker.nativeLinker()
                    .upcallStub(
                            target,
                            FunctionDescriptor.of(Native.INT, Native.INT, Native.POINTER, Native.POINTER),
                            Arena.global());
            MemorySegment ignored =
                    (MemorySegment) Native.link(libbpf, "libbpf_set_print", Native.POINTER, Native.POINTER)
                            .invokeExact(stub);
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /** Called by libbpf. Nothing may be thrown from here: the process would end. */
    @SuppressWarnings("unused")
    private static int print(int level, MemorySegment format, MemorySegment arguments) {
        if (level != WARN) {
            return 0;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(MAX_TEXT);
            int ignored = (int) FORMAT.invokeExact(text, (long) MAX_TEXT, format, arguments);
            add(text.getString(0));
        } catch (Throwable e) {
            add("a message of libbpf could not be read: " + e);
        }
        return 0;
    }

    private static void add(String text) {
        synchronized (LINES) {
            text.lines().filter(line -> !line.isBlank()).forEach(line -> LINES.addLast(line.strip()));
            while (LINES.size() > MAX_LINES) {
                LINES.removeFirst();
            }
        }
    }

    /** Forgets what was said so far. */
    static void clear() {
        synchronized (LINES) {
            LINES.clear();
        }
    }

    /** What was said since, oldest first. */
    static List<String> lines() {
        synchronized (LINES) {
            return new ArrayList<>(LINES);
        }
    }
}
