package io.asyncslot.test.contract;

/**
 * Exhausts a backend's resources, so that the kit can check its answers: a full kernel, or a database that refuses.
 * While the shortage lasts, the backend gets nothing that it needs for a new slot.
 */
public interface Shortage {

    /**
     * Begins the shortage.
     *
     * @throws Exception if it cannot be made
     */
    void begin() throws Exception;

    /**
     * Ends the shortage.
     *
     * @throws Exception if it cannot be ended
     */
    void end() throws Exception;
}
