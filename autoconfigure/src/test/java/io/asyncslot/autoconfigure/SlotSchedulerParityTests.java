package io.asyncslot.autoconfigure;

/** The scheduler on slots. */
class SlotSchedulerParityTests extends AbstractSchedulerParityTests {

    SlotSchedulerParityTests() {
        super(true);
    }
}
