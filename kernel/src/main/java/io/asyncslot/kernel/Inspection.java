package io.asyncslot.kernel;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The state of one slot in the running kernel's own control blocks, read by CO-RE. A slot has a timer, a work item,
 * both or none.
 *
 * @param index the slot's index
 * @param timer whether the kernel holds a timer for it
 * @param timerArmed whether that timer is queued
 * @param expiresNanos when it expires, nanoseconds of its clock; 0 if it was never armed
 * @param timerClock the kernel's number of its clock: 1 CLOCK_MONOTONIC, 7 CLOCK_BOOTTIME; -1 if not known
 * @param timerCallback whether it has a callback
 * @param timerProgram the id of the program that the callback is in, as bpftool shows it; 0 if none
 * @param timerReferences the control block's reference count; empty where this kernel has none
 * @param work whether the kernel holds a work item for it
 * @param workCallback whether that has a callback
 * @param workProgram the id of the program that the callback is in; 0 if none
 * @param workReferences the control block's reference count; empty where this kernel has none
 */
public record Inspection(
        int index,
        boolean timer,
        boolean timerArmed,
        long expiresNanos,
        int timerClock,
        boolean timerCallback,
        int timerProgram,
        OptionalInt timerReferences,
        boolean work,
        boolean workCallback,
        int workProgram,
        OptionalInt workReferences) {

    /** The text for a field that the kernel does not have. */
    public static final String NOT_AVAILABLE = "not available on this kernel";

    /**
     * The same as words and numbers, in display order.
     *
     * @return a new map
     */
    public Map<String, Object> details() {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("index", index);
        if (timer) {
            Map<String, Object> shown = new LinkedHashMap<>();
            shown.put("armed", timerArmed);
            shown.put("expiresNanos", expiresNanos);
            shown.put("clock", clockName());
            shown.put("callbackSet", timerCallback);
            shown.put("programId", timerProgram);
            shown.put("references", references(timerReferences));
            details.put("timer", shown);
        }
        if (work) {
            Map<String, Object> shown = new LinkedHashMap<>();
            shown.put("callbackSet", workCallback);
            shown.put("programId", workProgram);
            shown.put("references", references(workReferences));
            details.put("work", shown);
        }
        return details;
    }

    private String clockName() {
        return switch (timerClock) {
            case -1 -> NOT_AVAILABLE;
            case 0 -> "CLOCK_REALTIME";
            case 1 -> "CLOCK_MONOTONIC";
            case 7 -> "CLOCK_BOOTTIME";
            default -> "clock " + timerClock;
        };
    }

    private static Object references(OptionalInt count) {
        return count.isPresent() ? count.getAsInt() : NOT_AVAILABLE;
    }
}
