package io.asyncslot.dashboard;

/** Somebody who looks at the live overview. Neither method waits, nor throws. */
interface Viewer {

    /**
     * Takes the newest overview; one that was not sent yet is replaced.
     *
     * @param json the overview, or {@link Feed#PULSE}
     */
    void offer(String json);

    /** There will be no further overview. */
    void end();
}
