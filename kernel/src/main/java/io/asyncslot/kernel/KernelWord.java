package io.asyncslot.kernel;

import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotType;
import io.asyncslot.core.ControlBlock;
import io.asyncslot.spi.Ticker;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** What the running kernel says about a slot, as a slot's view shows it. */
final class KernelWord {

    private static final int CLOCK_BOOTTIME = 7;

    private KernelWord() {}

    static SlotSnapshot.Measure measure(
            KernelPort port, Ticker ticker, ControlBlock<?> block, boolean refused, SlotRecords records) {
        int place = block.position();
        Inspection seen = port.inspect(place);
        List<String> notes = new ArrayList<>(2);
        if (refused) {
            notes.add("the kernel refused this slot: it is measured in this process until the kernel takes it");
        }
        boolean timer = block.type() == SlotType.TIMER || seen.timerArmed();
        if (timer ? !seen.timer() : !seen.work()) {
            notes.add("the kernel holds no " + (timer ? "timer" : "work item") + " for it");
        }
        OptionalInt references = timer ? seen.timerReferences() : seen.workReferences();
        if (references.isEmpty()) {
            notes.add("references: " + Inspection.NOT_AVAILABLE);
        }
        long program = timer ? seen.timerProgram() : seen.workProgram();
        return new SlotSnapshot.Measure(
                refused ? "jvm" : KernelBackend.NAME,
                references.isPresent() ? references.getAsInt() : null,
                timer && seen.timerArmed() ? expiry(seen, ticker) : null,
                timer ? seen.timerCallback() : seen.workCallback(),
                program == 0 ? null : program,
                timer && seen.timer() ? clock(seen.timerClock()) : null,
                Integer.toUnsignedLong(records.fields().fires(place)),
                List.copyOf(notes));
    }

    private static Instant expiry(Inspection seen, Ticker ticker) {
        long now = seen.timerClock() == CLOCK_BOOTTIME ? ticker.boottimeNanos() : ticker.monotonicNanos();
        return Instant.ofEpochSecond(0, ticker.realtimeNanos()).plusNanos(seen.expiresNanos() - now);
    }

    private static @Nullable String clock(int number) {
        return switch (number) {
            case -1 -> null;
            case 0 -> "CLOCK_REALTIME";
            case 1 -> "CLOCK_MONOTONIC";
            case CLOCK_BOOTTIME -> "CLOCK_BOOTTIME";
            default -> "clock " + number;
        };
    }
}
