package io.asyncslot.backend;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What keys a map takes. Immutable.
 *
 * @param <K> the key type
 */
public final class Keys<K> {

    private static final int SHOWN_CHARS = 40;

    private final String map;
    private final Class<K> type;
    private final int maxLength;

    /**
     * What a map takes.
     *
     * @param map the map's name
     * @param type the type of its keys
     * @param maxLength longest acceptable key of type String, in chars
     */
    public Keys(String map, Class<K> type, int maxLength) {
        this.map = map;
        this.type = type;
        this.maxLength = maxLength;
    }

    /**
     * Checks a key.
     *
     * @param key the key
     * @throws IllegalArgumentException naming value and rule if it is not acceptable
     */
    public void check(@Nullable Object key) {
        if (key == null) {
            throw new IllegalArgumentException("'key' of map '" + map + "' must not be null");
        }
        if (key.getClass() != type && !type.isInstance(key)) {
            throw new IllegalArgumentException("'key' of map '" + map + "' must be a " + type.getName() + " but is a "
                    + key.getClass().getName() + ": " + Shown.inLine(key));
        }
        if (key instanceof String text && text.length() > maxLength) {
            String shown = text.length() > SHOWN_CHARS ? text.substring(0, SHOWN_CHARS) + "..." : text;
            throw new IllegalArgumentException("'key' of map '" + map + "' must be at most " + maxLength
                    + " characters long but has " + text.length() + ": '" + Shown.inLine(shown) + "'");
        }
    }

    /**
     * The key that has this text, for the types whose text is a key.
     *
     * @param text the text
     * @return the key; null when no key of the type has this text
     */
    public @Nullable K parse(String text) {
        try {
            if (type == String.class) {
                return type.cast(text);
            } else if (type == Long.class) {
                return exact(type.cast(Long.valueOf(text)), text);
            } else if (type == Integer.class) {
                return exact(type.cast(Integer.valueOf(text)), text);
            } else if (type == UUID.class) {
                return exact(type.cast(UUID.fromString(text)), text);
            }
        } catch (IllegalArgumentException e) {
            return null; // not the text of such a key
        }
        throw new IllegalStateException("keys of type " + type.getName() + " have no text");
    }

    /**
     * Whether {@link #parse} can be used.
     *
     * @return true for String, Long, Integer and UUID
     */
    public boolean haveText() {
        return type == String.class || type == Long.class || type == Integer.class || type == UUID.class;
    }

    private @Nullable K exact(K key, String text) {
        return key.toString().equals(text) ? key : null;
    }
}
