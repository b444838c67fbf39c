package io.asyncslot.test.contract;

/**
 * Makes a backend's resources run short, so that the kit sees what it answers then: a full kernel, a database that
 * refuses. While the shortage lasts, whatever the backend needs for a new slot is refused to it.
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
