package io.asyncslot.kernel;

/**
 * Turns keys of one type into bytes and back, so that a restarted application knows whose slot it finds. String, Long,
 * Integer and UUID are built in; others are found by {@link java.util.ServiceLoader}. Must be thread-safe. Equal keys must
 * have equal bytes and the other way round.
 *
 * @param <K> the key type
 */
public interface SlotKeyCodec<K> {

    /**
     * The type of the keys.
     *
     * @return the key type of the maps that this codec is for
     */
    Class<K> keyType();

    /**
     * The key's bytes.
     *
     * @param key a key
     * @return its bytes, a new array
     * @throws IllegalArgumentException if this key cannot be turned into bytes; the message names value and rule
     */
    byte[] encode(K key);

    /**
     * The key that has these bytes.
     *
     * @param bytes what {@link #encode} answered, possibly in a former process
     * @return the key
     * @throws IllegalArgumentException if no key has them
     */
    K decode(byte[] bytes);
}
