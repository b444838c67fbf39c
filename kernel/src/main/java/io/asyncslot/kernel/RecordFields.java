package io.asyncslot.kernel;

import static io.asyncslot.kernel.Layout.BYTE;
import static io.asyncslot.kernel.Layout.INT;
import static io.asyncslot.kernel.Layout.LONG;
import static io.asyncslot.kernel.Layout.SHORT;

import io.asyncslot.SlotClock;
import io.asyncslot.core.StateWord;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** What the control and key record of a place say, and whether that can be. Reads the shared memory; has no state. */
final class RecordFields {

    /** No generation is farther ahead of the wall clock: a hundred years. */
    static final long MAX_AHEAD_MICROS = 100L * 366 * 86_400_000_000L;

    private static final int SEALED_BYTES = 19;

    private final MemorySegment control;
    private final MemorySegment keys;
    private final int keyBytes;

    RecordFields(KernelPort port) {
        this.control = port.control();
        this.keys = port.keys();
        this.keyBytes = port.keyBytes();
    }

    int keyBytes() {
        return keyBytes;
    }

    byte kind(int place) {
        return (byte) BYTE.getVolatile(control, Layout.controlAt(place) + Layout.CONTROL_KIND);
    }

    /** The kind that the seal vouches for. */
    byte sealedKind(int place) {
        return (byte) BYTE.get(keys, Layout.keyAt(place, keyBytes) + Layout.KEY_KIND);
    }

    int storedSeal(int place) {
        return (int) INT.get(keys, Layout.keyAt(place, keyBytes) + Layout.KEY_SEAL);
    }

    long sequence(int place) {
        return (long) LONG.get(control, Layout.controlAt(place) + Layout.CONTROL_SEQUENCE);
    }

    byte keyType(int place) {
        return (byte) BYTE.get(keys, Layout.keyAt(place, keyBytes) + Layout.KEY_TYPE);
    }

    byte[] key(int place) {
        long at = Layout.keyAt(place, keyBytes);
        int length = Math.min(keyBytes, keyLength(place));
        return keys.asSlice(at + Layout.KEY_DATA, length).toArray(ValueLayout.JAVA_BYTE);
    }

    int keyLength(int place) {
        return (short) SHORT.get(keys, Layout.keyAt(place, keyBytes) + Layout.KEY_LENGTH) & 0xFFFF;
    }

    int map(int place) {
        return ((short) SHORT.get(control, Layout.controlAt(place) + Layout.CONTROL_MAP) & 0xFFFF) - 1;
    }

    long generationBase(int place) {
        return (long) LONG.getVolatile(control, Layout.controlAt(place) + Layout.CONTROL_GENERATION_BASE);
    }

    long runGeneration(int place) {
        return (long) LONG.get(control, Layout.controlAt(place) + Layout.CONTROL_RUN_GENERATION);
    }

    long runDeadline(int place) {
        return (long) LONG.get(control, Layout.controlAt(place) + Layout.CONTROL_RUN_DEADLINE);
    }

    int attempt(int place) {
        return (int) INT.get(control, Layout.controlAt(place) + Layout.CONTROL_ATTEMPT);
    }

    long word(int place) {
        return (long) LONG.getVolatile(control, Layout.controlAt(place) + Layout.CONTROL_WORD);
    }

    int fires(int place) {
        return (int) INT.getVolatile(control, Layout.controlAt(place) + Layout.CONTROL_FIRES);
    }

    long incarnation(int place) {
        return sequence(place) + 1;
    }

    /** What does not change in a record and is the kernel's to read: map + 1, clock and kind, as they lie there. */
    int fixed(int place) {
        return (int) INT.get(control, Layout.controlAt(place) + Layout.CONTROL_MAP);
    }

    boolean isUsed(int place) {
        return kind(place) != Layout.KIND_UNUSED || storedSeal(place) != 0;
    }

    /** What of a sealed record cannot be, at that wall-clock time; null if all can. */
    @Nullable
    String outOfRange(int place, byte kind, long nowMicros) {
        long word = word(place);
        if (kind != Layout.KIND_TIMER && kind != Layout.KIND_WORK) {
            return "kind " + kind;
        }
        if (keyLength(place) > keyBytes) {
            return "key of " + keyLength(place) + " bytes";
        }
        if (!StateWord.isPossible(word)) {
            return "state word";
        }
        if (StateWord.isFreed(word)) {
            return null; // a record that was being erased
        }
        if (map(place) < 0 || map(place) >= Layout.DIRECTORY_RECORDS) {
            return "map " + map(place);
        }
        int clock = (byte) BYTE.get(control, Layout.controlAt(place) + Layout.CONTROL_CLOCK);
        if (clock < 0 || clock >= SlotClock.values().length) {
            return "clock " + clock;
        }
        if (sequence(place) < 0 || sequence(place) == Long.MAX_VALUE) {
            return "sequence";
        }
        long most = nowMicros + MAX_AHEAD_MICROS;
        if (!isFrom(0, generationBase(place), most) || !isFrom(0, runGeneration(place), most)) {
            return "generation";
        }
        if (!isFrom(0, runDeadline(place), 1L << 52)) {
            return "deadline of the run";
        }
        return attempt(place) < 0 || StateWord.isRunning(word) && attempt(place) == 0 ? "attempt" : null;
    }

    private static boolean isFrom(long least, long value, long most) {
        return value >= least && value <= most;
    }

    int seal(int place, byte kind) {
        return seal(control, keys, keyBytes, place, kind);
    }

    /** The checksum that a record is to have if it is of that kind, never 0. */
    static int seal(MemorySegment control, MemorySegment keys, int keyBytes, int place, byte kind) {
        long at = Layout.controlAt(place);
        long keyAt = Layout.keyAt(place, keyBytes);
        int length = (short) SHORT.get(keys, keyAt + Layout.KEY_LENGTH) & 0xFFFF;
        int sealed = Math.min(length, keyBytes);
        byte[] bytes = ByteBuffer.allocate(SEALED_BYTES + sealed)
                .putInt(place)
                .putShort((short) SHORT.get(control, at + Layout.CONTROL_MAP))
                .put((byte) BYTE.get(control, at + Layout.CONTROL_CLOCK))
                .put(kind)
                .putLong((long) LONG.get(control, at + Layout.CONTROL_SEQUENCE))
                .putShort((short) length)
                .put((byte) BYTE.get(keys, keyAt + Layout.KEY_TYPE))
                .array();
        MemorySegment.copy(keys, ValueLayout.JAVA_BYTE, keyAt + Layout.KEY_DATA, bytes, SEALED_BYTES, sealed);
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        int value = (int) sum.getValue();
        return value == 0 ? ~0 : value;
    }
}
