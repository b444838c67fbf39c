package io.asyncslot.cluster;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The runs of this node, by slot: there is one at most. Thread-safe. */
final class Runs {

    private final ConcurrentHashMap<SlotId, Run> runs = new ConcurrentHashMap<>();

    void begun(Run run) {
        Run former = runs.put(run.id(), run);
        if (former != null) {
            former.ended().complete(null); // it was taken from this node, and delivered again to this very node
        }
    }

    /** The run is over in the database. Called before the next one of its slot can begin here. */
    void ended(Run run) {
        runs.remove(run.id(), run);
        run.ended().complete(null);
    }

    @Nullable
    Run of(SlotId id) {
        return runs.get(id);
    }

    Collection<Run> all() {
        return runs.values();
    }

    List<Run> of(StoredSlots<?> map) {
        return runs.values().stream().filter(run -> run.map() == map).toList();
    }

    /** Tells the callbacks of some runs that nobody wants their result any more. */
    void cancel(Predicate<Run> which) {
        runs.values().stream().filter(which).forEach(Run::cancel);
    }

    boolean isEmpty() {
        return runs.isEmpty();
    }
}
