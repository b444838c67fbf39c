package io.asyncslot.autoconfigure;

/** Spring Boot's own scheduler: the scenarios are right. */
class BootSchedulerParityTests extends AbstractSchedulerParityTests {

    BootSchedulerParityTests() {
        super(false);
    }
}
