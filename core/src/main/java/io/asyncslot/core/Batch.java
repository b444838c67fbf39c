package io.asyncslot.core;

import io.asyncslot.StartOutcome;
import io.asyncslot.StartSummary;
import org.jspecify.annotations.Nullable;

/** One call that starts many slots for one deadline. Owned by the calling thread. */
final class Batch<K> {

    private static final int WIDTH = 16;

    private final LocalTimerSlots<K> map;
    private final long deadline;
    private final long reading;

    private final @Nullable Object[] keys = new Object[WIDTH];
    private final @Nullable ControlBlock<?>[] blocks = new ControlBlock<?>[WIDTH];
    private int size;

    private int started;
    private int rearmed;
    private int rejected;
    private int closed;

    Batch(LocalTimerSlots<K> map, long deadline, long reading) {
        this.map = map;
        this.deadline = deadline;
        this.reading = reading;
    }

    void add(K key) {
        ControlBlock<K> block = map.lookUp(key);
        keys[size] = key;
        blocks[size] = block == null || StateWord.isFreed(block.word()) ? null : block; // reads the word ahead
        if (++size == WIDTH) {
            flush();
        }
    }

    StartSummary end() {
        flush();
        return new StartSummary(started, rearmed, rejected, closed);
    }

    @SuppressWarnings("unchecked") // what add has put there
    private void flush() {
        for (int i = 0; i < size; i++) {
            K key = (K) keys[i];
            ControlBlock<K> block = (ControlBlock<K>) blocks[i];
            if (key != null) {
                count(map.start(key, block, deadline, reading, null));
            }
        }
        size = 0;
    }

    private void count(StartOutcome outcome) {
        switch (outcome) {
            case STARTED -> started++;
            case REARMED -> rearmed++;
            case REJECTED -> rejected++;
            case CLOSED, FREED -> closed++;
            case IN_DOUBT -> throw new IllegalStateException("a map in this process is never in doubt");
        }
    }
}
