package io.asyncslot.cluster.node;

import io.asyncslot.LatePolicy;
import io.asyncslot.SlotSchedule;
import io.asyncslot.backend.Periods;
import io.asyncslot.backend.Shown;
import io.asyncslot.cluster.store.SlotScheduleCodec;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The schedules of a map's keys, by the text that their rows have. Thread-safe. Calls schedules and readers of users. */
final class KeySchedules {

    /** Texts that are remembered; more are read each time. */
    private static final int MOST = 1_000;

    private final String map;
    private final LatePolicy late;
    private final SlotScheduleCodec codec;
    private final ConcurrentHashMap<String, KeySchedule> read = new ConcurrentHashMap<>();

    /**
     * A schedule that was read.
     *
     * @param schedule the schedule
     * @param periods its points
     */
    record KeySchedule(SlotSchedule schedule, Periods periods) {}

    KeySchedules(String map, LatePolicy late, SlotScheduleCodec codec) {
        this.map = map;
        this.late = late;
        this.codec = codec;
    }

    /**
     * The text of a schedule.
     *
     * @throws IllegalArgumentException if no text says what it is
     */
    String text(SlotSchedule schedule) {
        String text = null;
        RuntimeException failure = null;
        try {
            text = codec.write(schedule);
            if (text != null && of(text).schedule().equals(schedule)) {
                return text;
            }
        } catch (RuntimeException e) {
            failure = e;
        }
        throw new IllegalArgumentException(
                "the schedule of a key of map '" + map + "' is kept as text, for whichever node fires it, but "
                        + codec.getClass().getName() + " reads "
                        + (text == null ? "none" : "no equal schedule from \"" + Shown.inLine(text) + "\"")
                        + ": use SlotSchedule.cron or SlotSchedule.every, or name a bean of type "
                        + SlotScheduleCodec.class.getName() + " that writes and reads this one",
                failure);
    }

    /**
     * The schedule that a row has.
     *
     * @throws RuntimeException if it cannot be read, here or at all
     */
    KeySchedule of(String text) {
        KeySchedule known = read.get(text);
        if (known != null) {
            return known;
        }
        @Nullable SlotSchedule schedule = codec.read(text);
        if (schedule == null) {
            throw new IllegalArgumentException(codec.getClass().getName() + " answered null for \"" + text + "\"");
        }
        KeySchedule made = new KeySchedule(schedule, Periods.of(schedule, late, map));
        if (read.size() < MOST) {
            read.put(text, made);
        }
        return made;
    }
}
