package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Keys in their stored form and back. */
class KeyCodecsTests {

    private final KeyCodecs codecs = KeyCodecs.load();

    private <K> void roundTrip(Class<K> type, K key, int bytes) {
        SlotKeyCodec<K> codec = codecs.of(type, "m");
        byte[] encoded = codec.encode(key);
        assertThat(encoded).as("%s", key).hasSize(bytes);
        assertThat(codec.decode(encoded)).isEqualTo(key);
    }

    @Test
    void builtInTypes_comeBack() {
        roundTrip(String.class, "", 0);
        roundTrip(String.class, "order-17", 8);
        roundTrip(String.class, "\u00e4\u20ac\ud83d\ude00?", 10);
        roundTrip(Long.class, Long.MIN_VALUE, 8);
        roundTrip(Integer.class, -1, 4);
        roundTrip(UUID.class, new UUID(-1, 1), 16);
    }

    @Test
    void recordAsKey_isToldWithTheMapAndTheRemedy() {
        record OrderKey(String shop, long number) {}

        assertThatIllegalArgumentException()
                .isThrownBy(() -> codecs.of(OrderKey.class, "payment"))
                .withMessage("'keyType' of map 'payment' is " + OrderKey.class.getName()
                        + ", which backend 'kernel' cannot keep: use one of [java.lang.Integer, java.lang.Long,"
                        + " java.lang.String, java.util.UUID], or provide a io.asyncslot.kernel.SlotKeyCodec as a"
                        + " service");
    }

    @Test
    void halfASurrogatePair_hasNoForm() {
        SlotKeyCodec<String> codec = codecs.of(String.class, "m");
        for (String key : new String[] {"\ud83d", "a\ude00", "\ude00\ud83d"}) {
            assertThatIllegalArgumentException().isThrownBy(() -> codec.encode(key));
        }
    }

    @Test
    void bytesOfAnotherLength_areNoKey() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codecs.of(Long.class, "m").decode(new byte[7]));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codecs.of(UUID.class, "m").decode(new byte[17]));
    }
}
