package io.asyncslot.test.explore;

/** What an actor does, or what is checked. */
@FunctionalInterface
public interface ExploredAction {

    /**
     * Does it.
     *
     * @throws Exception what an actor or a check throws makes the run a failed one
     */
    void run() throws Exception;
}
