package io.asyncslot.backend;

import io.asyncslot.spi.SlotValueCodec;

/** Asks the application's codec for the bytes of a value, and names map, codec and type when it makes none. Stateless. */
public final class ValueBytes {

    private ValueBytes() {}

    /**
     * Makes bytes of a value, of whatever length. Called with no lock held.
     *
     * @param codec the application's codec
     * @param map the name of the map
     * @param value the value
     * @return its bytes
     * @throws IllegalArgumentException if the codec throws, or answers null
     */
    public static byte[] of(SlotValueCodec codec, String map, Object value) {
        byte[] bytes;
        try {
            bytes = codec.write(map, value);
        } catch (Exception | LinkageError | StackOverflowError e) {
            throw new IllegalArgumentException(
                    "a value of map '" + map + "' cannot be written by "
                            + codec.getClass().getName() + ": "
                            + value.getClass().getName(),
                    e);
        }
        if (bytes == null) {
            throw new IllegalArgumentException(
                    "the codec " + codec.getClass().getName() + " returned null for a value of map '" + map + "'");
        }
        return bytes;
    }
}
