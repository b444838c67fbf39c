package io.asyncslot.cluster;

import org.jspecify.annotations.Nullable;

/** Makes bytes of payloads and payloads of bytes: byte arrays as they are, all else as JSON by Jackson 3. */
final class Payloads {

    private final int most;
    private final @Nullable Object mapper;

    /**
     * Makes one.
     *
     * @param most how many bytes a payload may have
     * @param mapper a {@code tools.jackson.databind.ObjectMapper}; null where there is none
     */
    Payloads(int most, @Nullable Object mapper) {
        this.most = most;
        this.mapper = mapper;
    }

    /** Whether Jackson 3 is on the class path. */
    static boolean haveJson() {
        try {
            Class.forName("tools.jackson.databind.ObjectMapper", false, Payloads.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** A mapper with default settings. */
    static Object newMapper() {
        return Json.mapper();
    }

    byte[] bytes(String map, Object payload) {
        if (payload == null) {
            throw new IllegalArgumentException("'payload' must not be null");
        }
        byte[] bytes = payload instanceof byte[] raw ? raw.clone() : Json.write(json(map), map, payload);
        if (bytes.length > most) {
            throw new IllegalArgumentException("'payload' of map '" + map + "' must be at most " + most
                    + " bytes long but has " + bytes.length
                    + ": keep the data in a table of your own and its key here, or raise"
                    + " asyncslot.cluster.max-payload");
        }
        return bytes;
    }

    <T> T value(String map, byte[] bytes, Class<T> type) {
        return type == byte[].class ? type.cast(bytes.clone()) : Json.read(json(map), map, bytes, type);
    }

    private Object json(String map) {
        if (mapper == null) {
            throw new IllegalArgumentException("a payload of map '" + map
                    + "' that is no byte[] needs tools.jackson.core:jackson-databind on the class path");
        }
        return mapper;
    }

    /** Loaded only where Jackson is. */
    private static final class Json {

        static Object mapper() {
            return tools.jackson.databind.json.JsonMapper.builder().build();
        }

        static byte[] write(Object mapper, String map, Object payload) {
            try {
                return ((tools.jackson.databind.ObjectMapper) mapper).writeValueAsBytes(payload);
            } catch (tools.jackson.core.JacksonException e) {
                throw new IllegalArgumentException(
                        "'payload' of map '" + map + "' cannot be written as JSON: "
                                + payload.getClass().getName(),
                        e);
            }
        }

        static <T> T read(Object mapper, String map, byte[] bytes, Class<T> type) {
            try {
                return ((tools.jackson.databind.ObjectMapper) mapper).readValue(bytes, type);
            } catch (tools.jackson.core.JacksonException e) {
                throw new IllegalArgumentException(
                        "the payload of a slot of map '" + map + "' cannot be read as " + type.getName(), e);
            }
        }
    }
}
