package io.asyncslot.spi;

import org.jspecify.annotations.Nullable;

/**
 * Makes bytes of values and values of bytes, where values outlive the process. Called with no lock held and outside of the backend's
 * own transactions. Must be thread-safe. An application with Spring names a bean of this type; where there is none, values are JSON by
 * Jackson 3, and byte arrays are kept as they are.
 *
 * <p>What one version of an application has written, a later one reads, and during a roll-out an earlier one too. A value that
 * cannot be read is not lost: its slot stays.
 */
public interface SlotValueCodec {

    /**
     * Makes bytes of a value.
     *
     * @param map the map's name
     * @param value a value of the map
     * @return the bytes; not empty for want of anything better: what {@link #read} makes the same value of
     * @throws Exception if it cannot; the start or submit that brought the value throws {@link IllegalArgumentException}
     */
    byte[] write(String map, Object value) throws Exception;

    /**
     * Makes a value of bytes.
     *
     * @param <V> the type of the map's values
     * @param map the map's name
     * @param bytes what {@link #write} has made
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
