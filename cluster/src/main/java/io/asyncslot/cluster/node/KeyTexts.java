package io.asyncslot.cluster.node;

import io.asyncslot.backend.Shown;
import io.asyncslot.cluster.store.SlotKeyText;
import java.util.ServiceLoader;
import java.util.UUID;
import java.util.function.Function;

/** The texts of keys by type, as rows hold them. */
final class KeyTexts {

    private KeyTexts() {}

    /**
     * The text of a type's keys.
     *
     * @throws IllegalArgumentException naming map, type and remedy, if there is none
     */
    @SuppressWarnings({"unchecked", "rawtypes"}) // filed by key type
    static <K> SlotKeyText<K> of(Class<K> type, String map) {
        if (type == String.class) {
            return (SlotKeyText<K>) new Text<>(String.class, KeyTexts::escaped, KeyTexts::unescaped);
        } else if (type == Long.class) {
            return (SlotKeyText<K>) new Text<>(Long.class, String::valueOf, text -> exact(Long.valueOf(text), text));
        } else if (type == Integer.class) {
            return (SlotKeyText<K>)
                    new Text<>(Integer.class, String::valueOf, text -> exact(Integer.valueOf(text), text));
        } else if (type == UUID.class) {
            return (SlotKeyText<K>) new Text<>(UUID.class, String::valueOf, text -> exact(UUID.fromString(text), text));
        } else if (type.isEnum()) {
            return new Text<>(type, key -> ((Enum<?>) key).name(), text -> type.cast(Enum.valueOf((Class) type, text)));
        }
        for (SlotKeyText<?> found : ServiceLoader.load(SlotKeyText.class)) {
            if (found.keyType() == type) {
                return (SlotKeyText<K>) found;
            }
        }
        throw new IllegalArgumentException("'keyType' of map '" + map + "' is " + type.getName() + ", which backend '"
                + ClusterEngine.BACKEND + "' has no text for: use String, Long, Integer, UUID or an enum, or provide a "
                + SlotKeyText.class.getName() + " as a service");
    }

    /** Two rows must not be of one key: runs of it would overlap. So "+7" is not the text of 7. */
    private static <K> K exact(K key, String text) {
        if (!key.toString().equals(text)) {
            throw new IllegalArgumentException(
                    "the text of this key is '" + key + "', not '" + Shown.inLine(text) + "'");
        }
        return key;
    }

    /** PostgreSQL's text has no place for the character 0, and UTF-8 none for half a surrogate pair. */
    static String escaped(String key) {
        boolean plain = true;
        for (int i = 0; i < key.length(); i++) {
            char c = key.charAt(i);
            if (c == 0 || c == '\\') {
                plain = false;
            } else if (Character.isSurrogate(c)) {
                boolean pair = Character.isHighSurrogate(c)
                        && i + 1 < key.length()
                        && Character.isLowSurrogate(key.charAt(i + 1));
                if (!pair) {
                    throw new IllegalArgumentException(
                            "'key' must be text that UTF-8 can encode, without an unpaired surrogate");
                }
                i++;
            }
        }
        return plain ? key : key.replace("\\", "\\\\").replace("\0", "\\0");
    }

    private static String unescaped(String text) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        StringBuilder key = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\') {
                i++;
                c = i < text.length() ? text.charAt(i) : 0;
                if (c != '0' && c != '\\') {
                    throw new IllegalArgumentException(
                            "a backslash goes before '0' or another one: '" + Shown.inLine(text) + "'");
                }
                c = c == '0' ? 0 : c;
            }
            key.append(c);
        }
        return key.toString();
    }

    private record Text<K>(Class<K> keyType, Function<K, String> toText, Function<String, K> toKey)
            implements SlotKeyText<K> {
        @Override
        public String text(K key) {
            return toText.apply(key);
        }

        @Override
        public K key(String text) {
            return toKey.apply(text);
        }
    }
}
