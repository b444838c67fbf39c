package io.asyncslot.registry;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CloseOutcome;
import io.asyncslot.ScopeReport;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotScope;
import io.asyncslot.TimerSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.WorkSlots;
import io.asyncslot.backend.Log;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A scope of a registry. Thread-safe. Starts go through the {@link ScopeGate}; the close shuts it, waits until the starts
 * inside are out, and then deletes: so it sees every slot, and no start comes after it.
 */
final class RegistryScope implements SlotScope {

    private static final Log LOG = new Log(SlotScope.class);

    private final String name;
    private final AsyncSlotRegistry registry;
    private final ScopedMaps maps;
    private final Ticker ticker;
    private final Consumer<RegistryScope> closing;
    private final ScopeGate gate = new ScopeGate();

    /** What it owns, by map. Added to by whoever asks for a view. */
    private final Map<ScopedMap<?>, ScopedKeys<?>> owned = new ConcurrentHashMap<>();

    /**
     * An open scope.
     *
     * @param closing is told of it when it lets nobody in any more
     */
    RegistryScope(
            String name, AsyncSlotRegistry registry, ScopedMaps maps, Ticker ticker, Consumer<RegistryScope> closing) {
        this.name = name;
        this.registry = registry;
        this.maps = maps;
        this.ticker = ticker;
        this.closing = closing;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public <K> TimerSlots<K> timers(String map, Class<K> keyType) {
        TimerSlots<K> slots = registry.timers(map, keyType);
        return new ScopedTimerSlots<>(owned(maps.table(slots)));
    }

    @Override
    public <K> WorkSlots<K> works(String map, Class<K> keyType) {
        WorkSlots<K> slots = registry.works(map, keyType);
        return new ScopedWorkSlots<>(owned(maps.table(slots)));
    }

    @Override
    public <K, V> ValueTimerSlots<K, V> timers(String map, Class<K> keyType, Class<V> valueType) {
        ValueTimerSlots<K, V> slots = registry.timers(map, keyType, valueType);
        return new ScopedValueTimerSlots<>(owned(maps.table(slots)));
    }

    @Override
    public <K, V> ValueWorkSlots<K, V> works(String map, Class<K> keyType, Class<V> valueType) {
        ValueWorkSlots<K, V> slots = registry.works(map, keyType, valueType);
        return new ScopedValueWorkSlots<>(owned(maps.table(slots)));
    }

    @SuppressWarnings("unchecked") // made with the table of the key, and so of its key type
    private <K> ScopedKeys<K> owned(ScopedMap<K> table) {
        return (ScopedKeys<K>) owned.computeIfAbsent(table, made -> new ScopedKeys<>(toString(), gate, made));
    }

    @Override
    public long slots() {
        return owned.values().stream().mapToLong(ScopedKeys::slots).sum();
    }

    @Override
    public boolean isClosed() {
        return gate.isClosed();
    }

    @Override
    public ScopeReport close(Duration limit) throws InterruptedException {
        if (limit.isNegative()) {
            throw new IllegalArgumentException("'limit' must not be negative: " + limit);
        }
        if (owned.values().stream().anyMatch(ScopedKeys::isAwaitedHere)) {
            return new ScopeReport(name, CloseOutcome.WOULD_DEADLOCK, 0, 0, 0, slots());
        }
        long began = ticker.monotonicNanos();
        ScopeEnd.Limit left = () -> {
            Duration spent = Duration.ofNanos(ticker.monotonicNanos() - began);
            return limit.compareTo(spent) > 0 ? limit.minus(spent) : Duration.ZERO;
        };
        gate.close();
        closing.accept(this);
        boolean out = false;
        InterruptedException interrupted = null;
        try {
            out = gate.awaitEmpty(nanos(limit));
        } catch (InterruptedException e) {
            interrupted = e;
        }
        ScopeEnd end = new ScopeEnd();
        new SlotCause(SlotCause.Type.SCOPE, name).<@Nullable Object>during(() -> {
            owned.values().forEach(end::delete);
            return null;
        });
        if (interrupted != null) {
            throw interrupted;
        }
        end.await(left);
        long remaining = slots();
        boolean closed = out && end.running() == 0 && remaining == 0;
        return new ScopeReport(
                name,
                closed ? CloseOutcome.CLOSED : CloseOutcome.TIMED_OUT,
                end.deleted(),
                end.ended(),
                end.running(),
                remaining);
    }

    private static long nanos(Duration limit) {
        return limit.compareTo(Duration.ofNanos(Long.MAX_VALUE)) < 0 ? limit.toNanos() : Long.MAX_VALUE;
    }

    @Override
    public void close() {
        try {
            ScopeReport report = close(CLOSE_LIMIT);
            if (report.outcome() != CloseOutcome.CLOSED) {
                LOG.warning("a scope is not fully closed: ", report, "", null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return "scope '" + name + "'";
    }
}
