package io.asyncslot.spring;

import io.asyncslot.spi.SlotTransactions;

/** Finds the transactions of Spring. */
public final class SpringSlotTransactions {

    private SpringSlotTransactions() {}

    /**
     * The transactions of the application's threads.
     *
     * @param classLoader where spring-tx is looked for
     * @return Spring's transactions; none where it is not on the class path
     */
    public static SlotTransactions detect(ClassLoader classLoader) {
        return SlotTriggerTiming.transactions(classLoader);
    }
}
