package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.fuzz.FuzzInput;
import io.asyncslot.spi.SlotValueCodec;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values as bytes: what was written is read again, and other bytes are a value or an exception, never an Error. */
public final class PayloadFuzz {

    private static final SlotValueCodec CODEC = SlotValueCodec.json(null);

    private PayloadFuzz() {}

    /** A value as an application has it. */
    record Order(
            @Nullable String id,
            long cents,
            @Nullable Instant at,
            @Nullable Duration within,
            @Nullable List<String> items,
            @Nullable Map<String, Order> parts) {}

    public static void fuzzerTestOneInput(byte[] bytes) throws Exception {
        FuzzInput input = new FuzzInput(bytes);
        switch (input.number() % 4) {
            case 0 -> read(input.restBytes(), Order.class);
            case 1 -> read(input.restBytes(), Object.class);
            case 2 ->
                written(new Order(
                        whole(input.text()),
                        input.longNumber(),
                        Instant.ofEpochSecond(input.wideNumber(), input.wideNumber()),
                        Duration.ofNanos(input.longNumber()),
                        List.of(whole(input.text()), whole(input.text())),
                        Map.of(whole(input.text()), new Order(null, 0, null, null, null, null))));
            default -> {
                byte[] raw = input.restBytes();
                assertThat(CODEC.read("fuzz", CODEC.write("fuzz", raw), byte[].class))
                        .isEqualTo(raw);
            }
        }
    }

    /** Text that UTF-8 has a form for. */
    private static String whole(String text) {
        return text.replaceAll("[\\uD800-\\uDFFF]", "?");
    }

    private static void written(Order value) throws Exception {
        assertThat(CODEC.read("fuzz", CODEC.write("fuzz", value), Order.class)).isEqualTo(value);
    }

    private static <V> void read(byte[] bytes, Class<V> type) throws Exception {
        V value;
        try {
            value = CODEC.read("fuzz", bytes, type);
        } catch (Exception e) {
            return; // the slot stays, and is shown
        }
        if (value != null) {
            byte[] again = CODEC.write("fuzz", value);
            assertThat(CODEC.write("fuzz", CODEC.read("fuzz", again, type))).isEqualTo(again);
        }
    }
}
