package io.asyncslot.registry;

import io.asyncslot.AwaitOutcome;
import io.asyncslot.DeleteOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One close of a scope: deletes, waits and counts. Used by the closing thread. */
final class ScopeEnd {

    /** A run that went on when its slot was deleted. */
    private record Run<K>(ScopedKeys<K> owner, K key) {

        boolean await(Duration limit) throws InterruptedException {
            boolean ended = owner.map().awaitRun(key, limit) == AwaitOutcome.ENDED;
            owner.dropIfGone(key);
            return ended;
        }
    }

    /** How much of the limit is left. */
    interface Limit {
        Duration left();
    }

    private final List<Run<?>> runs = new ArrayList<>();
    private long deleted;
    private long ended;
    private @Nullable RuntimeException failure;

    /** Deletes every slot of a map that the scope owns. */
    <K> void delete(ScopedKeys<K> owner) {
        for (K key : owner.keys()) {
            try {
                if (owner.delete(key) != DeleteOutcome.ABSENT) {
                    deleted++;
                }
                if (owner.owns(key)) { // not gone: it runs
                    runs.add(new Run<>(owner, key));
                }
            } catch (RuntimeException e) {
                failed(e);
            }
        }
    }

    private void failed(RuntimeException e) {
        RuntimeException first = failure;
        if (first == null) {
            failure = e;
        } else if (first != e) {
            first.addSuppressed(e);
        }
    }

    /** Waits for the runs that were found. */
    void await(Limit limit) throws InterruptedException {
        RuntimeException first = failure;
        if (first != null) {
            throw first;
        }
        for (Run<?> run : runs) {
            if (run.await(limit.left())) {
                ended++;
            }
        }
    }

    long deleted() {
        return deleted;
    }

    long ended() {
        return ended;
    }

    long running() {
        return runs.size() - ended;
    }
}
