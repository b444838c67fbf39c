package io.asyncslot.cluster.node;

import io.asyncslot.cluster.store.SlotId;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The runs of this process, by slot: there is one at most, whatever the cluster believes. Thread-safe.
 *
 * <p>A worker reserves a slot's place before it asks the database to begin, and frees it when there is no run after all,
 * or when the run's end is answered. So a firing that is delivered to this process again waits for its own former run,
 * and a begin whose answer is late is known to be under way.
 */
final class Runs {

    private final ConcurrentHashMap<SlotId, Place> places = new ConcurrentHashMap<>();
    private final Consumer<SlotId> told;

    /** The place of a slot. */
    private static final class Place {

        /** Completes when the place is free again. */
        final CompletableFuture<Void> free = new CompletableFuture<>();

        /** Written once, by the worker that has reserved the place, when the run has begun; read by all. */
        volatile @Nullable Run run;
    }

    /**
     * There are none yet.
     *
     * @param told hears of each run that has ended
     */
    Runs(Consumer<SlotId> told) {
        this.told = told;
    }

    /**
     * Reserves the place of a slot.
     *
     * @return null when it is the caller's; else what completes when it is free again
     */
    @Nullable
    CompletableFuture<Void> reserve(SlotId id) {
        Place present = places.putIfAbsent(id, new Place());
        return present == null ? null : present.free;
    }

    /** The begin was refused, or its answer is lost. Called by who has reserved the place. */
    void notBegun(SlotId id) {
        free(id);
    }

    /** The begin was answered. Called by who has reserved the place. */
    void begun(Run run) {
        Place place = places.get(run.id());
        if (place == null) {
            throw new IllegalStateException("no place was reserved for " + run.id());
        }
        place.run = run;
    }

    /** The run is over: its end was answered. Called before the next one of its slot can begin here. */
    void ended(Run run) {
        free(run.id());
        run.ended().complete(null);
        told.accept(run.id());
    }

    private void free(SlotId id) {
        Place place = places.remove(id);
        if (place != null) {
            place.free.complete(null);
        }
    }

    /** Whether a run of a slot goes on here, or its begin is under way. */
    boolean isBusy(SlotId id) {
        return places.containsKey(id);
    }

    @Nullable
    Run of(SlotId id) {
        Place place = places.get(id);
        return place == null ? null : place.run;
    }

    Collection<Run> all() {
        return places.values().stream()
                .map(place -> place.run)
                .filter(Objects::nonNull)
                .toList();
    }

    List<Run> of(StoredSlots<?> map) {
        return all().stream().filter(run -> run.map() == map).toList();
    }

    /** Tells the callbacks of some runs that nobody wants their result any more. */
    void cancel(Predicate<Run> which) {
        all().stream().filter(which).forEach(Run::cancel);
    }
}
