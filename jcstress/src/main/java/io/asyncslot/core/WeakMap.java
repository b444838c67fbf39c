package io.asyncslot.core;

import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.StartOutcome;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A timer map of one key as it must not be: its starts do one thing in the wrong order, or do not ask. */
final class WeakMap {

    private static final int ABSENT = 0;
    private static final int ARMED = 1;
    private static final int FREED = 2;
    private static final int ENDED = 3;

    private final AtomicReference<@Nullable Block> index = new AtomicReference<>();
    private final AtomicInteger fired = new AtomicInteger();
    private final AtomicInteger deletedArmed = new AtomicInteger();
    private volatile boolean closed;

    static WeakMap started() {
        WeakMap map = new WeakMap();
        map.publish();
        return map;
    }

    private void publish() {
        Block block = new Block();
        block.deadline = 60_000_000;
        block.generation = 1;
        block.state.set(ARMED);
        index.set(block);
    }

    /** Others may use the block before it is complete. */
    StartOutcome publishThenConstruct() {
        Block block = new Block();
        index.set(block);
        block.deadline = 60_000_000;
        block.generation = 1;
        block.state.set(ARMED);
        return StartOutcome.STARTED;
    }

    /** A close may come between the look and the publication. */
    StartOutcome startLooksFirst() {
        if (closed) {
            return StartOutcome.CLOSED;
        }
        publish();
        return StartOutcome.STARTED;
    }

    /** What is found may have been freed meanwhile. */
    StartOutcome startBlindly() {
        Block block = index.get();
        if (block == null) {
            publish();
            return StartOutcome.STARTED;
        }
        return block.state.getAndSet(ARMED) == ARMED ? StartOutcome.REARMED : StartOutcome.STARTED;
    }

    /** Another may have made one between the look and the publication. */
    StartOutcome startInTwoSteps() {
        Block block = index.get();
        if (block == null) {
            publish();
            return StartOutcome.STARTED;
        }
        block.generation = 2;
        return StartOutcome.REARMED;
    }

    /** The slot may have been deleted between the look and the store. */
    void pump() {
        Block block = index.get();
        if (block != null && block.state.get() == ARMED) {
            block.state.set(ENDED);
            fired.getAndIncrement();
        }
    }

    String books() {
        return fired + " fired, " + deletedArmed + " deleted armed";
    }

    DeleteOutcome delete() {
        Block block = index.get();
        if (block == null) {
            return DeleteOutcome.ABSENT;
        }
        if (block.state.get() == ARMED) {
            deletedArmed.getAndIncrement();
        }
        block.state.set(FREED);
        index.set(null);
        return DeleteOutcome.DELETED_ARMED;
    }

    CloseOutcome close() {
        closed = true;
        delete();
        return CloseOutcome.CLOSED;
    }

    String look() {
        Block block = index.get();
        if (block == null) {
            return "absent";
        }
        return (block.state.get() == ARMED ? "armed " : "idle ") + block.generation + " " + block.deadline;
    }

    String left() {
        int live = firesLater();
        return live + " live, " + live + " references";
    }

    int firesLater() {
        Block block = index.get();
        return block != null && block.state.get() == ARMED ? 1 : 0;
    }

    private static final class Block {
        private final AtomicInteger state = new AtomicInteger(ABSENT);
        private volatile long deadline;
        private volatile long generation;
    }
}
