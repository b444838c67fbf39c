package io.asyncslot.cluster.store;

import io.asyncslot.SlotSchedule;
import org.jspecify.annotations.Nullable;

/**
 * Makes text of the schedules of keys and schedules of text, for the database: whichever node fires a slot reads its text. Called
 * with no lock held and outside of transactions. Must be thread-safe. An application with Spring names a bean of this type when its
 * keys have schedules of its own making.
 *
 * <p>What one version of an application has written, a later one reads, and during a roll-out an earlier one too. A schedule that
 * cannot be read is not lost: its slot stays, does not fire on this node, and is named in the report.
 */
public interface SlotScheduleCodec {

    /**
     * Makes text of a schedule.
     *
     * @param schedule a schedule that a key is started with
     * @return the text: what {@link #read} makes an equal schedule of; a start whose schedule is not equal to that is refused. Null
     *     where no text says what it is: refused too
     */
    @Nullable
    String write(SlotSchedule schedule);

    /**
     * Makes a schedule of text.
     *
     * @param text what {@link #write} has made
     * @return the schedule
     * @throws IllegalArgumentException if the text is none
     */
    SlotSchedule read(String text);

    /**
     * The texts that schedules have of their own ({@link SlotSchedule#text}), such as {@code every PT10M} and
     * {@code cron Asia/Tokyo 0 30 6 * * *}.
     *
     * @return a codec of those
     */
    static SlotScheduleCodec standard() {
        return StandardSchedules.INSTANCE;
    }
}
