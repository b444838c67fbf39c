package io.asyncslot.core;

import org.jspecify.annotations.Nullable;

/** What {@link StateWord#beginFire} tells about the run that begins. Owned by the thread that runs it. */
class FiredRun {
    /** When it was due, in microseconds of the map's clock. */
    long deadline;

    /** The generation of the start that armed it. */
    long generation;

    /** Whether the slot armed itself for its next period. */
    boolean rearmed;

    /** Whether it was the slot's own period that armed it. */
    boolean byPeriod;

    /** How often this firing has been delivered, this time included. */
    int attempt = 1;

    /** Whether it became due while no process held the slot. */
    boolean whileAway;

    /** The firing to be delivered again, if that is what is pending; null once another one has begun. */
    @Nullable
    Redelivery again;

    /** A run is made for a map without a mirror, or with one, which is told of a run before its word says RUNNING. */
    static <K> FiredRun of(@Nullable SlotMirror<K> mirror, ControlBlock<K> block) {
        return mirror == null ? new FiredRun() : new Mirrored<>(mirror, block);
    }

    /** Called with the run's values set, before the step that begins it; again if that step has to be tried again. */
    void beginning() {}

    private static final class Mirrored<K> extends FiredRun {
        private final SlotMirror<K> mirror;
        private final ControlBlock<K> block;

        Mirrored(SlotMirror<K> mirror, ControlBlock<K> block) {
            this.mirror = mirror;
            this.block = block;
        }

        @Override
        void beginning() {
            mirror.beginning(block, generation, deadline, attempt);
        }
    }
}
