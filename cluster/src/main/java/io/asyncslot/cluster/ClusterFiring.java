package io.asyncslot.cluster;

import io.asyncslot.SlotFiring;
import java.util.Optional;

/** A firing of the cluster backend: also tells the slot's payload. */
public interface ClusterFiring extends SlotFiring {

    /**
     * The firing as one of the cluster backend. Also finds it behind what an interceptor made of it, on the callback's own
     * thread.
     *
     * @param firing what a callback was given
     * @return the same firing
     * @throws IllegalArgumentException if it is of another backend
     */
    static ClusterFiring of(SlotFiring firing) {
        if (firing instanceof ClusterFiring own) {
            return own;
        }
        RunScope scope = RunScope.current();
        if (scope != null
                && scope.firing().generation() == firing.generation()
                && scope.firing().key().equals(firing.key())) {
            return scope.firing();
        }
        throw new IllegalArgumentException(
                "'firing' must be of backend '" + ClusterBackend.NAME + "' but is of '" + firing.backend() + "'");
    }

    /**
     * What the start that armed this firing, or a former one of the slot, left as payload.
     *
     * @param <T> the type
     * @param type {@code byte[].class} for the bytes as they are; any other type is read from JSON
     * @return the payload; empty when the slot has none
     * @throws IllegalArgumentException if the payload cannot be read as that type
     */
    <T> Optional<T> payload(Class<T> type);
}
