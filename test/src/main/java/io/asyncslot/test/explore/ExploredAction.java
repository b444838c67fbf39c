package io.asyncslot.test.explore;

/** An action of an actor, or a check. */
@FunctionalInterface
public interface ExploredAction {

    /**
     * Runs the action.
     *
     * @throws Exception if the actor or the check fails; then the run fails
     */
    void run() throws Exception;
}
