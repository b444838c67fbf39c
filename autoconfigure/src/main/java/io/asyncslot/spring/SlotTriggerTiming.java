package io.asyncslot.spring;

import io.asyncslot.spi.SlotTransactions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.util.ClassUtils;

/**
 * Says when the actions of a call are done: when the transaction in progress has been committed, at once where there is none,
 * and at once too on maps that take part in the transaction.
 */
interface SlotTriggerTiming {

    /** Does the actions of a call that has ended on this thread, now or later. */
    void perform(List<SlotAction> actions);

    /**
     * Says when the actions of a call are done that goes on elsewhere, in the transaction that is in progress on this thread
     * now. To be asked before the call returns to its caller.
     *
     * @return takes the actions once the call has succeeded, on any thread
     */
    default Consumer<List<SlotAction>> elsewhere() {
        return this::perform;
    }

    /** The transactions of this application's threads, for {@link io.asyncslot.TransactionalSlots}. */
    static SlotTransactions transactions(ClassLoader classLoader) {
        return hasTransactions(classLoader) ? new AfterCommit() : SlotTransactions.NONE;
    }

    /** The timing for what is on the class path. */
    static SlotTriggerTiming detect(ClassLoader classLoader) {
        return hasTransactions(classLoader) ? new AfterCommit() : SlotTriggerTiming::immediately;
    }

    /** Whether spring-tx is on the class path. */
    static boolean hasTransactions(ClassLoader classLoader) {
        return ClassUtils.isPresent(
                "org.springframework.transaction.support.TransactionSynchronizationManager", classLoader);
    }

    private static void immediately(List<SlotAction> actions) {
        if (actions.size() > 1) {
            actions.forEach(SlotAction::checkKey); // all or none
        }
        actions.forEach(SlotAction::act);
    }

    /** Used only where spring-tx is on the class path. */
    final class AfterCommit implements SlotTriggerTiming, SlotTransactions {

        /** Whether what is done on this thread belongs to a transaction that can still be waited for. */
        @Override
        public boolean isActive() {
            return TransactionSynchronizationManager.isActualTransactionActive()
                    && TransactionSynchronizationManager.isSynchronizationActive();
        }

        @Override
        public void perform(List<SlotAction> actions) {
            if (!isActive()) {
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
                onCommit(() -> afterwards.forEach(SlotAction::actAfterwards));
            }
        }

        @Override
        public Consumer<List<SlotAction>> elsewhere() {
            if (!isActive()) {
                return this::perform;
            }
            CompletableFuture<Void> committed = new CompletableFuture<>(); // never completed when rolled back
            onCommit(() -> committed.complete(null));
            return actions -> {
                CompletableFuture<Void> unused = committed.thenRun(() -> actions.forEach(SlotAction::actAfterwards));
            };
        }

        /** Does something once the transaction of this thread has been committed, whatever its other listeners do. */
        @Override
        public void onCommit(Runnable action) {
            TransactionSynchronizationManager.registerSynchronization(new OnCommit(action));
        }
    }

    /**
     * Does something once the transaction has been committed, but not if the savepoint in which it was asked for was rolled
     * back. For the thread of its transaction.
     */
    final class OnCommit implements TransactionSynchronization {

        private static final Log LOG = LogFactory.getLog(SlotTriggerTiming.class);

        private final Runnable action;

        /** Made after this was asked for: to roll back to one of those does not undo it, to all others does. */
        private @Nullable Set<Object> later;

        private boolean undone;

        OnCommit(Runnable action) {
            this.action = action;
        }

        @Override
        public void savepoint(Object savepoint) {
            if (later == null) {
                later = Collections.newSetFromMap(new IdentityHashMap<>());
            }
            later.add(savepoint);
        }

        @Override
        public void savepointRollback(Object savepoint) {
            undone |= later == null || !later.contains(savepoint);
        }

        @Override
        public void afterCompletion(int status) {
            if (undone || status == STATUS_ROLLED_BACK) {
                return;
            }
            if (status == STATUS_COMMITTED) {
                action.run();
            } else {
                LOG.warn("the outcome of a transaction is unknown, so its triggers do not act");
            }
        }
    }
}
