package io.asyncslot.registry;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotSchedule;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.TransactionalSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.WorkSlots;
import io.asyncslot.backend.Log;
import io.asyncslot.backend.Shown;
import io.asyncslot.spi.SlotTransactions;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;

/** Views that put operations off until the commit, where their map does not take part in the transaction. Thread-safe. */
final class DefaultTransactionalSlots implements TransactionalSlots {

    private static final Log LOG = new Log(TransactionalSlots.class);
    private static final Log.Message NOT_DONE =
            LOG.message("the transaction is committed, but what was to follow on map '", "' failed");

    private final AsyncSlotRegistry registry;
    private final SlotTransactions transactions;

    DefaultTransactionalSlots(AsyncSlotRegistry registry, SlotTransactions transactions) {
        this.registry = registry;
        this.transactions = transactions;
    }

    @Override
    public <K> Timers<K> timers(String map, Class<K> keyType) {
        return new TimersView<>(registry.timers(map, keyType), transactions);
    }

    @Override
    public <K> Works<K> works(String map, Class<K> keyType) {
        return new WorksView<>(registry.works(map, keyType), transactions);
    }

    @Override
    public <K, V> ValueTimers<K, V> timers(String map, Class<K> keyType, Class<V> valueType) {
        return new ValueTimersView<>(registry.timers(map, keyType, valueType), transactions);
    }

    @Override
    public <K, V> ValueWorks<K, V> works(String map, Class<K> keyType, Class<V> valueType) {
        return new ValueWorksView<>(registry.works(map, keyType, valueType), transactions);
    }

    private abstract static class View<K, M extends SlotMap<K>> implements Slots<K> {

        final M map;
        private final SlotTransactions transactions;

        View(M map, SlotTransactions transactions) {
            this.map = map;
            this.transactions = transactions;
        }

        @Override
        public final Effect cancel(K key) {
            return perform(key, () -> map.cancel(key));
        }

        @Override
        public final Effect delete(K key) {
            return perform(key, () -> map.delete(key));
        }

        final Effect perform(K key, Supplier<?> operation) {
            if (!transactions.isActive()) {
                tell(key, operation.get());
                return Effect.AT_ONCE;
            }
            if (map.joinsTransactions()) {
                tell(key, operation.get());
            } else {
                map.checkKey(key); // a key that is not acceptable is told while the caller can hear it
                transactions.onCommit(() -> performAfterwards(key, operation));
            }
            return Effect.AT_COMMIT;
        }

        private void performAfterwards(K key, Supplier<?> operation) {
            try {
                tell(key, operation.get());
            } catch (RuntimeException e) {
                NOT_DONE.error(map.name(), e);
            }
        }

        private void tell(K key, Object outcome) {
            boolean refused = outcome == StartOutcome.REJECTED
                    || outcome == StartOutcome.CLOSED
                    || outcome == SubmitOutcome.REJECTED
                    || outcome == SubmitOutcome.CLOSED;
            if (refused) {
                LOG.warning("the slot of key '" + Shown.inLine(key) + "' of map '" + map.name() + "' is not armed: "
                        + outcome);
            }
        }
    }

    private static class TimersView<K, M extends TimerSlots<K>> extends View<K, M> implements Timers<K> {

        TimersView(M map, SlotTransactions transactions) {
            super(map, transactions);
        }

        @Override
        public Effect start(K key) {
            return perform(key, () -> map.start(key));
        }

        @Override
        public Effect start(K key, Duration delay) {
            checkDelay(delay);
            return perform(key, () -> map.start(key, delay));
        }

        @Override
        public Effect startAt(K key, Instant deadline) {
            return perform(key, () -> map.startAt(key, deadline));
        }

        @Override
        public Effect start(K key, SlotSchedule schedule) {
            if (schedule == null) {
                throw new IllegalArgumentException("'schedule' must not be null");
            }
            if (!map.takesSchedules()) { // told while the caller can hear it
                throw new IllegalStateException("map '" + map.name()
                        + "' takes no schedule for a key: set 'keySchedules' where the map is described");
            }
            return perform(key, () -> map.start(key, schedule));
        }

        @Override
        public Effect touch(K key) {
            return perform(key, () -> map.touch(key));
        }

        @Override
        public Effect touch(K key, Duration delay) {
            checkDelay(delay);
            return perform(key, () -> map.touch(key, delay));
        }

        static void checkDelay(Duration delay) {
            if (delay.isNegative()) {
                throw new IllegalArgumentException("'delay' must not be negative: " + delay);
            }
        }
    }

    private static class WorksView<K, M extends WorkSlots<K>> extends View<K, M> implements Works<K> {

        WorksView(M map, SlotTransactions transactions) {
            super(map, transactions);
        }

        @Override
        public Effect submit(K key) {
            return perform(key, () -> map.submit(key));
        }
    }

    private static final class ValueTimersView<K, V> extends TimersView<K, ValueTimerSlots<K, V>>
            implements ValueTimers<K, V> {

        ValueTimersView(ValueTimerSlots<K, V> map, SlotTransactions transactions) {
            super(map, transactions);
        }

        @Override
        public Effect startWith(K key, V value) {
            V checked = checked(value);
            return perform(key, () -> map.startWith(key, checked));
        }

        @Override
        public Effect start(K key, Duration delay, V value) {
            checkDelay(delay);
            V checked = checked(value);
            return perform(key, () -> map.start(key, delay, checked));
        }

        @Override
        public Effect startAt(K key, Instant deadline, V value) {
            V checked = checked(value);
            return perform(key, () -> map.startAt(key, deadline, checked));
        }

        private V checked(V value) {
            return map.values().checked(map.name(), value);
        }
    }

    private static final class ValueWorksView<K, V> extends WorksView<K, ValueWorkSlots<K, V>>
            implements ValueWorks<K, V> {

        ValueWorksView(ValueWorkSlots<K, V> map, SlotTransactions transactions) {
            super(map, transactions);
        }

        @Override
        public Effect submit(K key, V value) {
            V checked = map.values().checked(map.name(), value);
            return perform(key, () -> map.submit(key, checked));
        }
    }
}
