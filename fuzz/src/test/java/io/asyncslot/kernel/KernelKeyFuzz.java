package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.fuzz.FuzzInput;
import java.util.List;
import java.util.UUID;

/** Keys in the kernel: bytes that no key has are refused, all others are those of one key. */
public final class KernelKeyFuzz {

    private static final KeyCodecs CODECS = KeyCodecs.load();
    private static final List<Class<?>> TYPES = List.of(String.class, Long.class, Integer.class, UUID.class);

    private KernelKeyFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        decoded(CODECS.of(TYPES.get(input.number() % TYPES.size()), "fuzz"), input);
    }

    private static <K> void decoded(SlotKeyCodec<K> codec, FuzzInput input) {
        if (codec.keyType() == String.class && input.number() % 2 == 0) {
            encoded(CODECS.of(String.class, "fuzz"), input.text());
            return;
        }
        byte[] written = input.restBytes();
        K key;
        try {
            key = codec.decode(written);
        } catch (IllegalArgumentException e) {
            return; // no key has them
        }
        assertThat(codec.encode(key)).isEqualTo(written);
    }

    private static void encoded(SlotKeyCodec<String> codec, String key) {
        byte[] written;
        try {
            written = codec.encode(key);
        } catch (IllegalArgumentException e) {
            assertThat(key).matches(text -> text.chars().anyMatch(each -> Character.isSurrogate((char) each)));
            return;
        }
        assertThat(codec.decode(written)).isEqualTo(key);
    }
}
