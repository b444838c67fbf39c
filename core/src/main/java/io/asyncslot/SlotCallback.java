package io.asyncslot;

/**
 * The callback of a map: runs when a slot fires. Runs of one key never overlap; runs of different keys may.
 *
 * <p>Called on a thread of the map's executor with no lock held. It may call every operation, even on its own key. An exception or
 * {@link Error} ends that run only: it is counted, logged and shown, and neither the slot nor the engine is harmed.
 *
 * @param <K> the map's key type
 */
@FunctionalInterface
public interface SlotCallback<K> {

    /**
     * Runs once for one firing.
     *
     * @param key the slot's key
     * @param firing what fired, when and how late; valid during this call only
     * @throws Exception if anything goes wrong; it ends this run only
     */
    void run(K key, SlotFiring firing) throws Exception;
}
