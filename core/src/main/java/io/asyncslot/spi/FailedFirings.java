package io.asyncslot.spi;

/**
 * What a map offers besides if its backend keeps firings that failed and are not delivered again by themselves, with the values
 * they had. Implementations are thread-safe.
 *
 * @param <K> the key type
 */
public interface FailedFirings<K> {

    /**
     * Delivers the failed firing of a key again: now, as a new generation and with the values it had.
     *
     * @param key the key
     * @return false if none is kept, or something newer of the key is pending or runs
     * @throws io.asyncslot.BackendUnavailableException if the backend cannot be reached
     */
    boolean retryFailed(K key);

    /**
     * Drops the failed firing of a key with the values it had, and leaves its slot as it is.
     *
     * @param key the key
     * @return false if none is kept
     * @throws io.asyncslot.BackendUnavailableException if the backend cannot be reached
     */
    boolean forgetFailed(K key);
}
