package io.asyncslot.spring;

import java.util.ArrayList;
import java.util.List;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.util.ClassUtils;

/**
 * Says when the actions of a call are done: after commit where a transaction is in progress, at once elsewhere, and at once
 * too on maps that take part in the transaction.
 */
interface SlotTriggerTiming {

    /** Does the actions, now or later. */
    void perform(List<SlotAction> actions);

    /** The timing for what is on the class path. */
    static SlotTriggerTiming detect(ClassLoader classLoader) {
        return ClassUtils.isPresent(
                        "org.springframework.transaction.support.TransactionSynchronizationManager", classLoader)
                ? new AfterCommit()
                : SlotTriggerTiming::immediately;
    }

    private static void immediately(List<SlotAction> actions) {
        if (actions.size() > 1) {
            actions.forEach(SlotAction::checkKey); // all or none
        }
        actions.forEach(SlotAction::act);
    }

    /** Used only where spring-tx is on the class path. */
    final class AfterCommit implements SlotTriggerTiming {

        @Override
        public void perform(List<SlotAction> actions) {
            if (!TransactionSynchronizationManager.isActualTransactionActive()
                    || !TransactionSynchronizationManager.isSynchronizationActive()) {
                immediately(actions);
                return;
            }
            actions.forEach(SlotAction::checkKey); // a bad key is told while it still can roll the transaction back
            List<SlotAction> afterwards = new ArrayList<>(actions.size());
            for (SlotAction action : actions) {
                if (action.map().joinsTransactions()) {
                    action.act();
                } else {
                    afterwards.add(action);
                }
            }
            if (!afterwards.isEmpty()) {
                TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                    @Override
                    public void afterCommit() {
                        afterwards.forEach(SlotAction::actAfterwards);
                    }
                });
            }
        }
    }
}
