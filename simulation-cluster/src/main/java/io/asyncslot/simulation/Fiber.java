package io.asyncslot.simulation;

import io.asyncslot.cluster.store.Row;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A stack of a process that has stopped where it waits. */
final class Fiber {
    final ClusterProcess process;
    final String name;
    BooleanSupplier holds = () -> true;
    long until;
    Workers.@Nullable Worker worker;

    /** What the last operation of this stack has been, as it was committed. */
    @Nullable
    Object outcome;

    /** The slot that this stack has looked at last; null where there was none. */
    @Nullable
    Row saw;

    /** What the database's clock was when this stack has read it last, in microseconds; {@link ClusterModel#NONE} for unknown. */
    long read = ClusterModel.NONE;

    /** The value that this stack has brought last. */
    @Nullable
    Integer value;

    Fiber(ClusterProcess process, String name) {
        this.process = process;
        this.name = name;
    }
}
