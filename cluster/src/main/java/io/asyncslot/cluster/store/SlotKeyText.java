package io.asyncslot.cluster.store;

/**
 * Converts the keys of one type to text and back, for maps of the cluster backend. String, Long, Integer, UUID and
 * enums need no such service. Found as a {@link java.util.ServiceLoader} service. Stateless and thread-safe; the text
 * of a key must be the same in all versions of the application that share slots.
 *
 * @param <K> the key type
 */
public interface SlotKeyText<K> {

    /**
     * The type of the keys.
     *
     * @return the key type
     */
    Class<K> keyType();

    /**
     * The text of a key.
     *
     * @param key the key
     * @return its text; equal for equal keys, and only for those
     */
    String text(K key);

    /**
     * The key of a text.
     *
     * @param text the result of {@link #text}
     * @return an equal key
     */
    K key(String text);
}
