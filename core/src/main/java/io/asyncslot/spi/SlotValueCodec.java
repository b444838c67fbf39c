package io.asyncslot.spi;

import org.jspecify.annotations.Nullable;

/**
 * Converts values to bytes and back, on backends whose values outlive the process. Called with no lock held and outside of the backend's
 * own transactions. Must be thread-safe. A Spring application defines a bean of this type. Without one, values are written as JSON
 * by Jackson 3, and byte arrays as they are.
 *
 * <p>A later version of an application reads the values of an earlier one and, during a roll-out, the other way round. A value that
 * cannot be read is not lost: its slot stays.
 */
public interface SlotValueCodec {

    /**
     * Writes a value.
     *
     * @param map the map's name
     * @param value a value of the map
     * @return bytes from which {@link #read} makes the same value
     * @throws Exception if it cannot; the start or submit that brought the value throws {@link IllegalArgumentException}
     */
    byte[] write(String map, Object value) throws Exception;

    /**
     * Reads a value.
     *
     * @param <V> the type of the map's values
     * @param map the map's name
     * @param bytes the result of {@link #write}
     * @param type the type of the map's values
     * @return the value
     * @throws Exception if it cannot
     */
    <V> V read(String map, byte[] bytes, Class<V> type) throws Exception;

    /**
     * JSON.
     *
     * @param mapper a {@code tools.jackson.databind.ObjectMapper}; null for one with default settings, if Jackson 3 is on the class
     *     path
     * @return a codec that keeps byte arrays as they are, and writes all else by that mapper
     */
    static SlotValueCodec json(@Nullable Object mapper) {
        return JsonValues.of(mapper);
    }
}
