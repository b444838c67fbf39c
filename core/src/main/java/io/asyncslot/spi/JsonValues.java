package io.asyncslot.spi;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;

/** Values as JSON by Jackson 3, which need not be there; byte arrays as they are. */
final class JsonValues implements SlotValueCodec {

    private static final String MAPPER = "tools.jackson.databind.ObjectMapper";
    private static final String STANDARD = "tools.jackson.databind.json.JsonMapper";

    private static final JsonValues WITHOUT = new JsonValues(null, null, null);

    private final @Nullable Object mapper;
    private final @Nullable Method write;
    private final @Nullable Method read;

    private JsonValues(@Nullable Object mapper, @Nullable Method write, @Nullable Method read) {
        this.mapper = mapper;
        this.write = write;
        this.read = read;
    }

    /** By a mapper; null for a standard one, where Jackson 3 is on the class path. */
    static JsonValues of(@Nullable Object mapper) {
        try {
            ClassLoader loader = (mapper == null ? JsonValues.class : mapper.getClass()).getClassLoader();
            Class<?> type = Class.forName(MAPPER, false, loader);
            Object used = mapper == null
                    ? Class.forName(STANDARD, true, loader)
                            .getDeclaredConstructor()
                            .newInstance()
                    : mapper;
            return new JsonValues(
                    type.cast(used),
                    type.getMethod("writeValueAsBytes", Object.class),
                    type.getMethod("readValue", byte[].class, Class.class));
        } catch (ClassNotFoundException e) {
            if (mapper == null) {
                return WITHOUT;
            }
            throw new IllegalArgumentException("'mapper' must be a " + MAPPER + ": " + mapper.getClass(), e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(
                    "this version of Jackson cannot be used: its " + MAPPER + " is a different one", e);
        }
    }

    @Override
    public byte[] write(String map, Object value) throws Exception {
        return value instanceof byte[] raw ? raw.clone() : (byte[]) call(map, write, value);
    }

    @Override
    public <V> V read(String map, byte[] bytes, Class<V> type) throws Exception {
        return type.cast(type == byte[].class ? bytes.clone() : call(map, read, bytes, type));
    }

    private Object call(String map, @Nullable Method method, Object... arguments) throws Exception {
        if (method == null) {
            throw new IllegalStateException("values of map '" + map
                    + "' other than byte[] need tools.jackson.core:jackson-databind on the class path, or a"
                    + " SlotValueCodec");
        }
        try {
            return method.invoke(mapper, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
