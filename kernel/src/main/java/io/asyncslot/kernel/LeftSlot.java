package io.asyncslot.kernel;

import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.FormerRun;
import org.jspecify.annotations.Nullable;

/**
 * What a record holds that a former process left, or a map of this one that was closed.
 *
 * @param run the run of it that goes on there; null for none
 * @param former the slot there, if there is a run
 */
record LeftSlot(
        int place,
        long sequence,
        long word,
        @Nullable FormerRun run,
        @Nullable ControlBlock<?> former) {}
