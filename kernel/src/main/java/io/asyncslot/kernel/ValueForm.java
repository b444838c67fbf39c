package io.asyncslot.kernel;

import io.asyncslot.LatePolicy;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.SlotSchedule;
import io.asyncslot.SlotValues;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.backend.Periods;
import io.asyncslot.backend.ValueBytes;
import io.asyncslot.core.Series;
import io.asyncslot.spi.SlotValueCodec;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Values and schedules of one map as bytes. Calls the application's codec, with no lock held. Thread-safe. */
final class ValueForm {

    private final String map;
    private final @Nullable SlotValues<?> values;
    private final LatePolicy late;
    private final SlotValueCodec codec;
    private final int most;

    /** {@code most} bytes at most, or 0 where nothing is kept. */
    ValueForm(SlotMapSpec<?> spec, SlotValueCodec codec, int most) {
        this.map = spec.name();
        this.values = spec.values();
        this.late = spec instanceof TimerMapSpec<?> timers ? timers.late() : LatePolicy.ONCE;
        this.codec = codec;
        this.most = most;
    }

    /**
     * Makes bytes of a value, of whatever length, or of a schedule.
     *
     * @throws IllegalArgumentException naming what is wrong, if it cannot be kept
     */
    byte[] bytes(Object value) {
        if (value instanceof Series series) {
            return bytes(series.schedule());
        }
        return ValueBytes.of(codec, map, value);
    }

    private byte[] bytes(SlotSchedule schedule) {
        String text = schedule.text();
        if (text == null) {
            throw new IllegalArgumentException("'schedule' of a key of map '" + map
                    + "' must have a text on backend '" + KernelBackend.NAME
                    + "', whose slots survive the process: use SlotSchedule.every or SlotSchedule.cron, or let its text() answer what"
                    + " SlotSchedule.parse reads: " + schedule);
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > most) {
            throw new IllegalArgumentException("'schedule' of a key of map '" + map + "' must have a text of at most "
                    + most + " bytes, the 'max-value-bytes' of backend '" + KernelBackend.NAME + "', but has "
                    + bytes.length + ": '" + text + "'");
        }
        return bytes;
    }

    /**
     * Makes a value of bytes.
     *
     * @throws IllegalStateException if it cannot be read
     */
    Object value(byte[] bytes) {
        SlotValues<?> present = values;
        if (present == null) {
            throw new IllegalStateException("a slot of map '" + map + "' carries a value, and the map has none");
        }
        Object value;
        try {
            value = codec.read(map, bytes, present.type());
        } catch (Exception | LinkageError | StackOverflowError e) {
            throw new IllegalStateException(cannotBeRead(present), e);
        }
        if (!present.type().isInstance(value)) {
            throw new IllegalStateException(cannotBeRead(present));
        }
        return value;
    }

    private String cannotBeRead(SlotValues<?> present) {
        return "a value of map '" + map + "' cannot be read as "
                + present.type().getName() + " by " + codec.getClass().getName();
    }

    /** Makes a schedule of bytes. */
    Series series(byte[] bytes) {
        SlotSchedule schedule = SlotSchedule.parse(new String(bytes, StandardCharsets.UTF_8));
        return new Series(schedule, Periods.of(schedule, late, map));
    }
}
