package io.asyncslot.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** The entries of {@code slot_index}, written as a member of the touch group may write them: by the pin. Not thread-safe. */
final class IndexEntries implements AutoCloseable {

    private static final int KEY_BYTES = 40;
    private static final int VALUE_BYTES = 16;

    private static final MethodHandle NEXT;
    private static final MethodHandle UPDATE;
    private static final MethodHandle LOOK_UP;
    private static final MethodHandle DELETE;

    static {
        Libbpf.get();
        SymbolLookup library = SymbolLookup.libraryLookup(Libbpf.SONAME, Arena.global());
        var integer = Native.INT;
        var pointer = Native.POINTER;
        NEXT = Native.link(library, "bpf_map_get_next_key", integer, integer, pointer, pointer);
        UPDATE = Native.link(library, "bpf_map_update_elem", integer, integer, pointer, pointer, ValueLayout.JAVA_LONG);
        LOOK_UP = Native.link(library, "bpf_map_lookup_elem", integer, integer, pointer, pointer);
        DELETE = Native.link(library, "bpf_map_delete_elem", integer, integer, pointer);
    }

    private final int fd;

    IndexEntries(Path pinPath) {
        fd = Libbpf.get().openPin(pinPath.resolve(KernelObjects.INDEX));
    }

    /** Damages each entry in a way that chance chooses, and adds some that mean nothing; answers how many were damaged. */
    int damage(RandomGenerator random, int added) {
        try (Arena arena = Arena.ofConfined()) {
            List<MemorySegment> keys = keys(arena);
            List<MemorySegment> values = new ArrayList<>();
            for (MemorySegment key : keys) {
                MemorySegment value = arena.allocate(VALUE_BYTES, 8);
                if ((int) LOOK_UP.invokeExact(fd, key, value) == 0) {
                    values.add(value);
                }
            }
            for (MemorySegment key : keys) {
                switch (random.nextInt(4)) {
                    case 0 -> {
                        int ignored = (int) DELETE.invokeExact(fd, key);
                    }
                    case 1 -> put(key, bytes(arena, VALUE_BYTES, random));
                    case 2 -> put(key, values.get(random.nextInt(values.size()))); // another slot's place
                    default -> {
                        MemorySegment value = arena.allocate(VALUE_BYTES, 8).copyFrom(values.get(0));
                        value.set(ValueLayout.JAVA_INT, 0, random.nextInt()); // a place that there is not
                        put(key, value);
                    }
                }
            }
            for (int i = 0; i < added; i++) {
                put(bytes(arena, KEY_BYTES, random), bytes(arena, VALUE_BYTES, random));
            }
            return keys.size();
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    private List<MemorySegment> keys(Arena arena) throws Throwable {
        List<MemorySegment> keys = new ArrayList<>();
        MemorySegment before = MemorySegment.NULL;
        MemorySegment key = arena.allocate(KEY_BYTES, 8);
        while ((int) NEXT.invokeExact(fd, before, key) == 0) {
            keys.add(key);
            before = key;
            key = arena.allocate(KEY_BYTES, 8);
        }
        return keys;
    }

    /** A full table takes no more: that is as good. */
    private void put(MemorySegment key, MemorySegment value) throws Throwable {
        int ignored = (int) UPDATE.invokeExact(fd, key, value, 0L);
    }

    private static MemorySegment bytes(Arena arena, int length, RandomGenerator random) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return arena.allocate(length, 8).copyFrom(MemorySegment.ofArray(bytes));
    }

    @Override
    public void close() {
        SystemCalls.close(fd);
    }
}
