package io.asyncslot.cluster.store;

/**
 * Makes text of the keys of one type, for maps of the cluster backend, and keys of the text. String, Long, Integer, UUID
 * and enums need none. Found as a {@link java.util.ServiceLoader} service. Stateless and thread-safe; the text of a key
 * must be the same in all versions of the application that share slots.
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
     * @return its text; equal exactly for equal keys
     */
    String text(K key);

    /**
     * The key of a text.
     *
     * @param text what {@link #text} made
     * @return an equal key
     */
    K key(String text);
}
