package io.asyncslot.test.explore;

/**
 * Sets up one run: maps, the code under test, the actors that use it, and the checks that must hold. Called again for
 * each run.
 */
@FunctionalInterface
public interface ExploredScenario {

    /**
     * Sets up one run. Makes everything it uses, and keeps nothing for the next run.
     *
     * @param run where to add maps, actors and checks
     * @throws Exception if anything goes wrong; this ends the exploration
     */
    void prepare(ExploredRun run) throws Exception;
}
