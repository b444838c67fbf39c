package io.asyncslot.test.explore;

/** Sets up one run: maps, the code under test, the actors that use it, and what must hold. Called anew for each run. */
@FunctionalInterface
public interface ExploredScenario {

    /**
     * Sets up one run. Makes everything it uses, and keeps nothing for the next run.
     *
     * @param run where to add maps, actors and checks
     * @throws Exception whatever goes wrong; ends the exploration
     */
    void prepare(ExploredRun run) throws Exception;
}
