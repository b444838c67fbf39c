package io.asyncslot.actuate;

import io.asyncslot.RunState;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotState;
import io.asyncslot.SlotType;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;

/**
 * One slot: the answer of {@code GET /actuator/asyncslots/{map}/{key}}.
 *
 * @param map the map's name
 * @param key the key as text
 * @param type timer or work
 * @param backend name of the backend
 * @param state READY, BUSY or FREED
 * @param runState pending, running, both or neither
 * @param armed whether a run is pending
 * @param running whether the callback runs
 * @param references the live reference count, 1 at rest
 * @param generation the generation of the latest start
 * @param deadline when it is due, null when nothing is pending
 * @param timeLeft time until then, null when nothing is pending
 * @param pausedSince since when the slot is paused by itself, null when it is not
 * @param pausedBy on whose account; null when a plain call of the API paused it, or it is not paused
 * @param lastFiring the last firing, null when there is none or when history is off
 * @param history the last transitions, oldest first
 * @param value what the pending run would be handed, as text, sanitized unless values are to be shown; null when that is nothing,
 *     and in a list of slots
 * @param schedule the schedule that its key was started with, as text; null when it has none of its own
 * @param measure what measures its time, in its own words; null on a backend that has none
 * @param explanation why it fires, fired or did not, a sentence each; null in a list of slots
 */
public record SlotDescriptor(
        String map,
        String key,
        SlotType type,
        String backend,
        SlotState state,
        RunState runState,
        boolean armed,
        boolean running,
        int references,
        long generation,
        @Nullable Instant deadline,
        @Nullable Duration timeLeft,
        @Nullable Instant pausedSince,
        @Nullable String pausedBy,
        @Nullable LastFiring lastFiring,
        List<Transition> history,
        @Nullable String value,
        @Nullable String schedule,
        @Nullable Measure measure,
        @Nullable List<String> explanation)
        implements OperationResponseBody {

    /**
     * How the latest firing went.
     *
     * @param firedAt when the callback began
     * @param generation its generation
     * @param attempt how often this firing has been delivered
     * @param lateness how long after the deadline it began
     * @param split where that time went; null where it is not measured
     * @param duration how long it ran, null while it runs
     * @param failure what it threw, null when it ended normally or still runs
     */
    public record LastFiring(
            Instant firedAt,
            long generation,
            int attempt,
            Duration lateness,
            SlotSnapshot.@Nullable LatenessSplit split,
            @Nullable Duration duration,
            @Nullable String failure) {}

    /**
     * One transition.
     *
     * @param time when
     * @param cause the operation: start, touch, submit, cancel, delete, fire, pause or resume
     * @param by on whose account, where it was not a plain call: annotation and method, user, retry, period
     * @param outcome how it ended, such as STARTED, MOVED, FIRED or COMPLETED
     * @param detail delay of a start or touch, lateness of a firing, duration of a run; null where there is none
     * @param count how often, for what repeated itself with nothing else in between; then the rest is of the last time
     * @param limit the setting of the map that made the deadline another than was asked for, such as maxWait; else null
     */
    public record Transition(
            Instant time,
            String cause,
            @Nullable String by,
            String outcome,
            @Nullable Duration detail,
            int count,
            @Nullable String limit) {}

    /**
     * What measures the slot's time: on the kernel backend what the kernel's own control block says. What it cannot tell is
     * null, and {@code notes} says why.
     *
     * @param by what measures it: the backend, or the one that stands in for it
     * @param references the kernel's reference count
     * @param expiry when the kernel's timer expires
     * @param callbackSet whether the kernel has its callback
     * @param program the id of the kernel's program
     * @param clock the clock of the kernel's timer
     * @param firings how often the kernel has reported the slot due
     * @param notes what could not be told and why
     */
    public record Measure(
            String by,
            @Nullable Integer references,
            @Nullable Instant expiry,
            @Nullable Boolean callbackSet,
            @Nullable Long program,
            @Nullable String clock,
            @Nullable Long firings,
            List<String> notes) {}

    /**
     * Describes a slot.
     *
     * @param failures what to show of a failure's text
     * @param values what to show of a value
     * @param explanation sentences about it, or null
     */
    static SlotDescriptor of(
            SlotSnapshot slot,
            UnaryOperator<String> failures,
            Function<Object, String> values,
            @Nullable List<String> explanation) {
        Object value = slot.value();
        return new SlotDescriptor(
                slot.map(),
                slot.key().toString(),
                slot.type(),
                slot.backend(),
                slot.state(),
                slot.runState(),
                slot.runState().isArmed(),
                slot.runState().isRunning(),
                slot.references(),
                slot.generation(),
                slot.deadline(),
                slot.timeLeft(),
                slot.pausedSince(),
                SlotExplanation.phrase(slot.pausedBy()),
                lastFiring(slot.lastFiring(), failures),
                slot.history().stream()
                        .map(event -> new Transition(
                                event.time(),
                                event.kind().operation(),
                                SlotExplanation.phrase(event.cause()),
                                event.kind().name(),
                                event.detail(),
                                event.count(),
                                event.limit() == null ? null : event.limit().setting()))
                        .toList(),
                value == null ? null : values.apply(value),
                slot.schedule() == null ? null : slot.schedule().toString(),
                measure(slot.measure()),
                explanation);
    }

    private static @Nullable Measure measure(SlotSnapshot.@Nullable Measure measure) {
        return measure == null
                ? null
                : new Measure(
                        measure.by(),
                        measure.references(),
                        measure.expiry(),
                        measure.callbackSet(),
                        measure.program(),
                        measure.clock(),
                        measure.firings(),
                        measure.notes());
    }

    private static @Nullable LastFiring lastFiring(
            SlotSnapshot.@Nullable LastFiring firing, UnaryOperator<String> failures) {
        if (firing == null) {
            return null;
        }
        String failure = firing.failure();
        return new LastFiring(
                firing.firedAt(),
                firing.generation(),
                firing.attempt(),
                firing.lateness(),
                firing.split(),
                firing.duration(),
                failure == null ? null : failures.apply(failure));
    }
}
