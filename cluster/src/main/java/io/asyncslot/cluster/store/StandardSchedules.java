package io.asyncslot.cluster.store;

import io.asyncslot.SlotSchedule;
import org.jspecify.annotations.Nullable;

/** Schedules by their own text. Stateless. */
enum StandardSchedules implements SlotScheduleCodec {
    INSTANCE;

    @Override
    public @Nullable String write(SlotSchedule schedule) {
        return schedule.text();
    }

    @Override
    public SlotSchedule read(String text) {
        return SlotSchedule.parse(text);
    }
}
