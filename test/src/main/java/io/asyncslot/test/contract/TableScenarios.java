package io.asyncslot.test.contract;

import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of operations and states, cell by cell: outcome, state right afterwards, further runs. */
interface TableScenarios {

    /**
     * A cell of the table of timer maps.
     *
     * @param cell the cell
     * @param rig the rig
     * @throws Exception if it fails
     */
    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest(name = "{0}")
    @MethodSource("io.asyncslot.test.contract.Cell#timers")
    default void timerTable(Cell cell, ContractRig rig) throws Exception {
        CellRun.check(rig, cell);
    }

    /**
     * A cell of the table of work maps.
     *
     * @param cell the cell
     * @param rig the rig
     * @throws Exception if it fails
     */
    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest(name = "{0}")
    @MethodSource("io.asyncslot.test.contract.Cell#works")
    default void workTable(Cell cell, ContractRig rig) throws Exception {
        CellRun.check(rig, cell);
    }
}
