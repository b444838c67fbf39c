package io.asyncslot.spi;

/**
 * Further operations of a map whose backend keeps firings that failed for good, with their values. Implementations are thread-safe.
 *
 * @param <K> the key type
 */
public interface FailedFirings<K> {

    /**
     * Delivers the failed firing of a key again: now, as a new generation and with its values.
     *
     * @param key the key
     * @return false if none is kept, or something newer of the key is pending or runs
     * @throws io.asyncslot.BackendUnavailableException if the backend cannot be reached
     */
    boolean retryFailed(K key);

    /**
     * Drops the failed firing of a key with its values, and leaves the slot as it is.
     *
     * @param key the key
     * @return false if none is kept
     * @throws io.asyncslot.BackendUnavailableException if the backend cannot be reached
     */
    boolean forgetFailed(K key);
}
