package io.asyncslot.cluster;

import org.jspecify.annotations.Nullable;

/** Values as JSON by Jackson 3; byte arrays as they are. */
final class JsonValues implements SlotValueCodec {

    private final @Nullable Object mapper;

    /**
     * Makes one.
     *
     * @param mapper a {@code tools.jackson.databind.ObjectMapper}; null where there is none
     */
    JsonValues(@Nullable Object mapper) {
        this.mapper = mapper;
    }

    /** With default settings, where Jackson 3 is on the class path. */
    static JsonValues standard() {
        try {
            Class.forName("tools.jackson.databind.ObjectMapper", false, JsonValues.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            return new JsonValues(null);
        }
        return new JsonValues(Json.mapper());
    }

    @Override
    public byte[] write(String map, Object value) {
        return value instanceof byte[] raw ? raw.clone() : Json.write(json(map), value);
    }

    @Override
    public <V> V read(String map, byte[] bytes, Class<V> type) {
        return type == byte[].class ? type.cast(bytes.clone()) : Json.read(json(map), bytes, type);
    }

    private Object json(String map) {
        if (mapper == null) {
            throw new IllegalStateException("values of map '" + map
                    + "' that are no byte[] need tools.jackson.core:jackson-databind on the class path, or a"
                    + " SlotValueCodec");
        }
        return mapper;
    }

    /** Loaded only where Jackson is. */
    private static final class Json {

        static Object mapper() {
            return tools.jackson.databind.json.JsonMapper.builder().build();
        }

        static byte[] write(Object mapper, Object value) {
            return ((tools.jackson.databind.ObjectMapper) mapper).writeValueAsBytes(value);
        }

        static <V> V read(Object mapper, byte[] bytes, Class<V> type) {
            return ((tools.jackson.databind.ObjectMapper) mapper).readValue(bytes, type);
        }
    }
}
