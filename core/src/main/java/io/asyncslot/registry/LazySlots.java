package io.asyncslot.registry;

import io.asyncslot.AwaitOutcome;
import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.PauseOutcome;
import io.asyncslot.ResumeOutcome;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import io.asyncslot.SlotMapTimes;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotType;
import io.asyncslot.SlotValues;
import io.asyncslot.WhenIdle;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A handle asked for before its map was registered: finds the map at the first operation. Thread-safe. */
abstract class LazySlots<K, M extends SlotMap<K>> implements SlotMap<K> {

    private final String name;
    private final Class<K> keyType;
    private final Function<String, SlotMap<K>> finder;

    /** The map once found. Written by whoever finds it, each time the same. */
    private volatile @Nullable M found;

    LazySlots(String name, Class<K> keyType, Function<String, SlotMap<K>> finder) {
        this.name = name;
        this.keyType = keyType;
        this.finder = finder;
    }

    @SuppressWarnings("unchecked") // the finder has checked the type
    final M map() {
        M present = found;
        if (present == null) {
            present = (M) finder.apply(name);
            found = present;
        }
        return present;
    }

    /** Whether its map was there and is closed. */
    final boolean isOver() {
        M present = found;
        return present != null && present.isClosed();
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final Class<K> keyType() {
        return keyType;
    }

    @Override
    public final SlotType type() {
        return map().type();
    }

    @Override
    public @Nullable SlotValues<?> values() {
        return map().values();
    }

    @Override
    public final String backend() {
        return map().backend();
    }

    @Override
    public final CancelOutcome cancel(K key) {
        return map().cancel(key);
    }

    @Override
    public final CancelOutcome cancelAndAwait(K key, Duration limit) throws InterruptedException {
        return map().cancelAndAwait(key, limit);
    }

    @Override
    public final AwaitOutcome awaitRun(K key, Duration limit) throws InterruptedException {
        return map().awaitRun(key, limit);
    }

    @Override
    public final DeleteOutcome delete(K key) {
        return map().delete(key);
    }

    @Override
    public final PauseOutcome pause(K key) {
        return map().pause(key);
    }

    @Override
    public final ResumeOutcome resume(K key) {
        return map().resume(key);
    }

    @Override
    public final PauseOutcome pause() {
        return map().pause();
    }

    @Override
    public final ResumeOutcome resume() {
        return map().resume();
    }

    @Override
    public final Optional<Instant> pausedSince() {
        return map().pausedSince();
    }

    @Override
    public final Optional<SlotCause> pausedBy() {
        return map().pausedBy();
    }

    @Override
    public final void checkKey(K key) {
        map().checkKey(key);
    }

    @Override
    public final Optional<SlotSnapshot> find(K key) {
        return map().find(key);
    }

    @Override
    public final Optional<SlotSnapshot> findByText(String keyText) {
        return map().findByText(keyText);
    }

    @Override
    public final WhenIdle whenIdle() {
        return map().whenIdle();
    }

    @Override
    public final Optional<SlotSnapshot> findDeparted(String keyText) {
        return map().findDeparted(keyText);
    }

    @Override
    public final int scanDeparted(int limit, @Nullable Predicate<SlotSnapshot> filter, Consumer<SlotSnapshot> visitor) {
        return map().scanDeparted(limit, filter, visitor);
    }

    @Override
    public final Optional<SlotMapTimes> times() {
        return map().times();
    }

    @Override
    public final int scan(int limit, @Nullable Predicate<SlotSnapshot> filter, Consumer<SlotSnapshot> visitor) {
        return map().scan(limit, filter, visitor);
    }

    @Override
    public final SlotMapStats stats() {
        return map().stats();
    }

    @Override
    public final void rebind(SlotCallback<? super K> callback) {
        map().rebind(callback);
    }

    @Override
    public final void rebind(SlotCallback<? super K> callback, Runnable onRelease) {
        map().rebind(callback, onRelease);
    }

    @Override
    public final boolean rebind(K key, SlotCallback<? super K> callback) {
        return map().rebind(key, callback);
    }

    @Override
    public final boolean joinsTransactions() {
        return map().joinsTransactions();
    }

    @Override
    public final boolean isClosed() {
        return map().isClosed();
    }

    @Override
    public final CloseOutcome close(Duration limit) throws InterruptedException {
        return map().close(limit);
    }

    @Override
    public final CloseOutcome drop(Duration limit) throws InterruptedException {
        return map().drop(limit);
    }

    @Override
    public final String toString() {
        return "handle of map '" + name + "'";
    }
}
