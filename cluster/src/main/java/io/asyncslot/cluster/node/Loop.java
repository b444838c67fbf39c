package io.asyncslot.cluster.node;

/** A step that is done again and again: after the time that it asks for, or when it is woken. Thread-safe. */
interface Loop extends AutoCloseable {

    /** The longest wait: until it is woken. */
    long WOKEN = Long.MAX_VALUE;

    /** What is done. Called by one thread at a time; may be called too early. */
    interface Step {

        /**
         * Does it. What it throws is told to the log, and the next step follows.
         *
         * @return after how many nanoseconds to do it again, 0 for at once
         */
        long step();

        /** There is no further step. Called after the close: once, or until it throws nothing. */
        default void over() {}
    }

    /** Begins; once. */
    void start();

    /** Does the step as soon as can be, and once more if it is under way. */
    void wake();

    /** Does no further step. Does not wait for the one that is under way. */
    @Override
    void close();
}
