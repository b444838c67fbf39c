package io.asyncslot.cluster.rows;

import io.asyncslot.SlotSnapshot.LastFiring;
import io.asyncslot.backend.Micros;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.Row;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A slot as {@link RowSession} changes it, and as a {@link Rows} keeps it: the columns of PostgreSQL's row, with the
 * collected values in it. Points in time and numbers are {@link SlotStore#NONE} if there are none. Owned by one session
 * at a time; the fields are written by its steps and read by the rows that keep them, field by field and by name.
 */
public final class SlotRow implements Cloneable {

    /** Which slot. */
    public SlotId id;

    // The slot, and what is pending

    public boolean live;
    public boolean paused;
    public long pausedAt = SlotStore.NONE;
    public @Nullable String pausedBy;

    /** The pause that {@link #pausedBy} is of, by its {@link #pausedAt}: a node of a former version knows neither this nor that. */
    public long pausedByAt = SlotStore.NONE;

    public long incarnation = SlotStore.NONE;
    public long generation = SlotStore.NONE;
    public long due = SlotStore.NONE;
    public int dueAttempt = 1;
    public boolean period;
    public long point = SlotStore.NONE;
    public long latest = SlotStore.NONE;
    public @Nullable String schedule;
    public long scheduled = SlotStore.NONE;
    public byte @Nullable [] payload;
    public List<byte[]> collected = new ArrayList<>();
    public int passedOn;
    public long owner = SlotStore.NONE;
    public long notBefore = SlotStore.NONE;
    public long deadAt = SlotStore.NONE;

    /** The earliest time for a sweep to claim it; none for as soon as it is near. */
    public long look = SlotStore.NONE;

    // The run: it goes on while runBegan is set, and was cut off when only runToken is

    public long runToken = SlotStore.NONE;
    public long runIncarnation = SlotStore.NONE;
    public long runGeneration = SlotStore.NONE;
    public long runDue = SlotStore.NONE;
    public long runBegan = SlotStore.NONE;
    public int runAttempt;
    public long runPoint = SlotStore.NONE;
    public boolean runPassed;
    public boolean withdrawn;
    public byte @Nullable [] runPayload;
    public List<byte[]> runCollected = new ArrayList<>();

    /**
     * Whether the values were passed to the run at its beginning. A node that declares the map without values does not
     * pass them.
     */
    public boolean handed;

    public @Nullable String awaitsMap;
    public @Nullable String awaitsKey;

    // The last firing

    public long lastFired = SlotStore.NONE;
    public long lastGeneration = SlotStore.NONE;
    public int lastAttempt;
    public long lastLateness = SlotStore.NONE;
    public long lastTook = SlotStore.NONE;
    public @Nullable String lastError;
    public long failures;
    public long failedAt = SlotStore.NONE;

    /**
     * A slot that is not there yet.
     *
     * @param id which slot
     */
    public SlotRow(SlotId id) {
        this.id = id;
    }

    SlotRow copy() {
        try {
            SlotRow copy = (SlotRow) clone();
            copy.collected = new ArrayList<>(collected);
            copy.runCollected = new ArrayList<>(runCollected);
            return copy;
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
    }

    boolean armed() {
        return live && due != SlotStore.NONE;
    }

    /** Whether a run of any incarnation is current or was cut off. */
    boolean busy() {
        return runToken != SlotStore.NONE;
    }

    /** Whether a run of this incarnation is current or was cut off. */
    boolean ownRun() {
        return busy() && runIncarnation == incarnation;
    }

    boolean runs() {
        return runBegan != SlotStore.NONE;
    }

    /** Whether what is pending is a firing that is delivered again. */
    boolean again() {
        return armed() && point != SlotStore.NONE;
    }

    /** When it is due: the run that was cut off before what is pending. */
    long next() {
        return busy() ? runDue : due;
    }

    byte @Nullable [] pending() {
        return armed() ? payload : null;
    }

    /** The key's own schedule, if what is pending is a point of it. */
    @Nullable
    String follows() {
        return scheduled == generation && due != SlotStore.NONE ? schedule : null;
    }

    /** Whether a run that is cut off is to be delivered again. */
    boolean redelivers() {
        return busy() && live && ownRun() && (!runPassed || due == SlotStore.NONE);
    }

    long token() {
        return busy() ? runToken : 0;
    }

    /** Takes away what is pending. */
    void disarm() {
        due = SlotStore.NONE;
        dueAttempt = 1;
        point = SlotStore.NONE;
        payload = null;
        collected = new ArrayList<>();
        passedOn = 0;
    }

    /** There is no slot any more, from now on. */
    void die(long now) {
        live = false;
        paused = false;
        deadAt = now;
    }

    /** Ends the run, or cuts it off. */
    void endRun() {
        runToken = SlotStore.NONE;
        runDue = SlotStore.NONE;
        runPassed = false;
    }

    Due asDue() {
        boolean cutOff = busy();
        return new Due(
                id,
                incarnation,
                cutOff ? runGeneration : generation,
                next(),
                cutOff ? or(runPoint, runDue) : or(point, due),
                period && !cutOff,
                cutOff ? runAttempt + 1 : dueAttempt,
                cutOff,
                cutOff || scheduled != generation ? null : schedule);
    }

    Row asRow(long now, boolean withValues) {
        List<byte[]> values = new ArrayList<>();
        byte[] single = withValues ? pending() : null;
        if (single != null) {
            values.add(single);
        }
        if (withValues && armed()) {
            values.addAll(collected);
        }
        return new Row(
                id,
                incarnation,
                generation,
                due,
                due == SlotStore.NONE ? 0 : due - now,
                paused,
                owner,
                ownRun() ? runToken : 0,
                Math.max(0, runGeneration),
                runAttempt,
                values,
                single,
                withValues && armed() ? collected.size() : 0,
                paused ? pausedAt : SlotStore.NONE,
                paused && pausedByAt == pausedAt ? pausedBy : null,
                last(),
                failures,
                follows());
    }

    /** The firing that runs, else the last one. */
    @Nullable
    LastFiring last() {
        if (runs() && runIncarnation == incarnation) {
            return new LastFiring(
                    Micros.toInstant(runBegan),
                    runGeneration,
                    runAttempt,
                    Micros.toDuration(runBegan - runDue),
                    null,
                    null,
                    null);
        }
        return lastFired == SlotStore.NONE
                ? null
                : new LastFiring(
                        Micros.toInstant(lastFired),
                        lastGeneration,
                        lastAttempt,
                        Micros.toDuration(lastLateness),
                        null,
                        lastTook == SlotStore.NONE ? null : Micros.toDuration(lastTook),
                        lastError);
    }

    static long or(long value, long other) {
        return value == SlotStore.NONE ? other : value;
    }
}
