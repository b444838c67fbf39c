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

/** A scope's view of a map: its own slots, and no others. Thread-safe. */
abstract class ScopedSlots<K, M extends SlotMap<K>> implements SlotMap<K> {

    final ScopedKeys<K> owned;

    ScopedSlots(ScopedKeys<K> owned) {
        this.owned = owned;
    }

    @SuppressWarnings("unchecked") // the table was made with a map of this type, which the registry checks
    final M map() {
        return (M) owned.map();
    }

    /** Does something to a slot of the scope; what a key of nobody's or another's is answered says whether all is over. */
    final <O> O ifOwned(K key, Function<K, O> action, O absent, O closed) {
        if (!owned.owns(key)) {
            owned.checkKey(key);
            return isClosed() ? closed : absent;
        }
        return owned.ifOwned(key, action, isClosed() ? closed : absent);
    }

    @Override
    public final CancelOutcome cancel(K key) {
        return ifOwned(key, map()::cancel, CancelOutcome.ABSENT, CancelOutcome.CLOSED);
    }

    @Override
    public final CancelOutcome cancelAndAwait(K key, Duration limit) throws InterruptedException {
        if (!owned.owns(key)) {
            owned.checkKey(key);
            return isClosed() ? CancelOutcome.CLOSED : CancelOutcome.ABSENT;
        }
        return map().cancelAndAwait(key, limit);
    }

    @Override
    public final AwaitOutcome awaitRun(K key, Duration limit) throws InterruptedException {
        if (!owned.owns(key)) {
            owned.checkKey(key);
            return AwaitOutcome.ENDED;
        }
        return map().awaitRun(key, limit);
    }

    @Override
    public final DeleteOutcome delete(K key) {
        if (!owned.owns(key)) {
            owned.checkKey(key);
            return DeleteOutcome.ABSENT;
        }
        return owned.delete(key);
    }

    /** Takes what is pending of a slot of the scope, which goes with it. */
    final <O> O take(K key, Function<K, O> taking, O nothing) {
        if (!owned.owns(key)) {
            owned.checkKey(key);
            return nothing;
        }
        return owned.remove(key, taking, nothing);
    }

    @Override
    public final PauseOutcome pause(K key) {
        return ifOwned(key, map()::pause, PauseOutcome.ABSENT, PauseOutcome.CLOSED);
    }

    @Override
    public final ResumeOutcome resume(K key) {
        return ifOwned(key, map()::resume, ResumeOutcome.ABSENT, ResumeOutcome.CLOSED);
    }

    @Override
    public final boolean rebind(K key, SlotCallback<? super K> callback) {
        return ifOwned(key, same -> map().rebind(same, callback), false, false);
    }

    // ---- looking ------------------------------------------------------------------------------------------------

    @Override
    public final void checkKey(K key) {
        owned.checkKey(key);
    }

    @Override
    public final Optional<SlotSnapshot> find(K key) {
        Optional<SlotSnapshot> found = map().find(key);
        return owned.owns(key) ? found : Optional.empty();
    }

    @Override
    public final Optional<SlotSnapshot> findByText(String keyText) {
        return map().findByText(keyText).filter(this::isOurs);
    }

    @Override
    public final WhenIdle whenIdle() {
        return map().whenIdle();
    }

    @Override
    public final Optional<SlotSnapshot> findDeparted(String keyText) {
        return Optional.empty(); // whose it was is not remembered
    }

    @Override
    public final int scan(int limit, @Nullable Predicate<SlotSnapshot> filter, Consumer<SlotSnapshot> visitor) {
        Predicate<SlotSnapshot> ours = this::isOurs;
        return map().scan(limit, filter == null ? ours : ours.and(filter), visitor);
    }

    @SuppressWarnings("unchecked") // a key of this map
    private boolean isOurs(SlotSnapshot slot) {
        return owned.owns((K) slot.key());
    }

    @Override
    public final boolean joinsTransactions() {
        return map().joinsTransactions();
    }

    @Override
    public final boolean isClosed() {
        return owned.gate().isClosed() || map().isClosed();
    }

    // ---- the map as a whole -------------------------------------------------------------------------------------

    @Override
    public final String name() {
        return map().name();
    }

    @Override
    public final Class<K> keyType() {
        return map().keyType();
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
    public final SlotMapStats stats() {
        return map().stats();
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
    public final PauseOutcome pause() {
        throw notTheScopes("pause");
    }

    @Override
    public final ResumeOutcome resume() {
        throw notTheScopes("resume");
    }

    @Override
    public final void rebind(SlotCallback<? super K> callback) {
        throw notTheScopes("rebind");
    }

    @Override
    public final void rebind(SlotCallback<? super K> callback, Runnable onRelease) {
        throw notTheScopes("rebind");
    }

    @Override
    public final CloseOutcome close(Duration limit) {
        throw notTheScopes("close");
    }

    @Override
    public final CloseOutcome drop(Duration limit) {
        throw notTheScopes("drop");
    }

    private UnsupportedOperationException notTheScopes(String operation) {
        return new UnsupportedOperationException("'" + operation + "' concerns the whole map '" + name()
                + "', but this is the view of " + owned.scope() + ": use the map of the registry");
    }

    @Override
    public final String toString() {
        return "map '" + name() + "' in " + owned.scope();
    }
}
