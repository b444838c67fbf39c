package io.asyncslot.kernel;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;

/** The codecs by key type. Immutable. */
final class KeyCodecs {

    /** By their numbers, from 1; only to be appended to. */
    private static final List<Class<?>> BUILT_IN = List.of(String.class, Long.class, Integer.class, UUID.class);

    private final Map<Class<?>, SlotKeyCodec<?>> byType = new LinkedHashMap<>();

    private KeyCodecs(Iterable<? extends SlotKeyCodec<?>> more) {
        add(new Codec<>(String.class, KeyCodecs::utf8, KeyCodecs::text));
        add(new Codec<>(
                Long.class,
                key -> bytes(8).putLong(key).array(),
                bytes -> exactly(bytes, 8).getLong()));
        add(new Codec<>(
                Integer.class,
                key -> bytes(4).putInt(key).array(),
                bytes -> exactly(bytes, 4).getInt()));
        add(new Codec<>(
                UUID.class,
                key -> bytes(16)
                        .putLong(key.getMostSignificantBits())
                        .putLong(key.getLeastSignificantBits())
                        .array(),
                bytes -> new UUID(
                        exactly(bytes, 16).getLong(0), exactly(bytes, 16).getLong(8))));
        more.forEach(this::add);
    }

    /** The built-in codecs and those on the class path. */
    static KeyCodecs load() {
        @SuppressWarnings("rawtypes") // a service is named by its class
        ServiceLoader<SlotKeyCodec> found = ServiceLoader.load(SlotKeyCodec.class);
        KeyCodecs codecs = new KeyCodecs(List.of());
        found.forEach(codecs::add);
        return codecs;
    }

    private void add(SlotKeyCodec<?> codec) {
        byType.put(codec.keyType(), codec);
    }

    /**
     * The codec for a type.
     *
     * @throws IllegalArgumentException naming map, type and remedy, if there is none
     */
    @SuppressWarnings("unchecked") // filed by its own key type
    <K> SlotKeyCodec<K> of(Class<K> type, String map) {
        SlotKeyCodec<?> codec = byType.get(type);
        if (codec == null) {
            TreeSet<String> known = new TreeSet<>();
            byType.keySet().forEach(each -> known.add(each.getName()));
            throw new IllegalArgumentException("'keyType' of map '" + map + "' is " + type.getName()
                    + ", which backend '" + KernelBackend.NAME + "' cannot keep: use one of " + known
                    + ", or provide a " + SlotKeyCodec.class.getName() + " as a service");
        }
        return (SlotKeyCodec<K>) codec;
    }

    private static byte[] utf8(String key) {
        for (int i = 0; i < key.length(); i++) {
            if (Character.isSurrogate(key.charAt(i))) {
                return strictUtf8(key);
            }
        }
        return key.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] strictUtf8(String key) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(key));
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    "must be text that UTF-8 has a form for, without half a surrogate pair", e);
        }
    }

    private static String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("bytes that are not UTF-8", e);
        }
    }

    /** The number that stands for a key type in a record: 0 for those of codecs that an application brings. */
    static byte number(Class<?> keyType) {
        return (byte) (BUILT_IN.indexOf(keyType) + 1);
    }

    private static ByteBuffer bytes(int count) {
        return ByteBuffer.allocate(count);
    }

    private static ByteBuffer exactly(byte[] bytes, int count) {
        if (bytes.length != count) {
            throw new IllegalArgumentException(bytes.length + " bytes where " + count + " make a key");
        }
        return ByteBuffer.wrap(bytes);
    }

    private record Codec<K>(Class<K> keyType, Function<K, byte[]> encoder, Function<byte[], K> decoder)
            implements SlotKeyCodec<K> {
        @Override
        public byte[] encode(K key) {
            return encoder.apply(key);
        }

        @Override
        public K decode(byte[] bytes) {
            return decoder.apply(bytes);
        }
    }
}
