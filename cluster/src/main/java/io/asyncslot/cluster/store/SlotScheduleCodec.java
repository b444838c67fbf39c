package io.asyncslot.cluster.store;

import io.asyncslot.SlotSchedule;
import org.jspecify.annotations.Nullable;

/**
 * Converts the schedules of keys to text and back, for the database: the node that fires a slot reads the text. Called
 * with no lock held and outside of transactions. Must be thread-safe. A Spring application defines a bean of this type
 * if its keys have schedules of its own types.
 *
 * <p>A later version of an application reads the text of an earlier one and, during a roll-out, the other way round. A
 * schedule that cannot be read is not lost: its slot stays, does not fire on this node, and appears in the report.
 */
public interface SlotScheduleCodec {

    /**
     * Converts a schedule to text.
     *
     * @param schedule a schedule with which a key is started
     * @return text from which {@link #read} makes an equal schedule. A start is refused if the two are not equal, or if
     *     this is null because no text describes the schedule
     */
    @Nullable
    String write(SlotSchedule schedule);

    /**
     * Converts text to a schedule.
     *
     * @param text the result of {@link #write}
     * @return the schedule
     * @throws IllegalArgumentException if the text describes no schedule
     */
    SlotSchedule read(String text);

    /**
     * The codec for the texts that schedules define themselves ({@link SlotSchedule#text}), such as {@code every PT10M}
     * and {@code cron Asia/Tokyo 0 30 6 * * *}.
     *
     * @return the codec
     */
    static SlotScheduleCodec standard() {
        return StandardSchedules.INSTANCE;
    }
}
