package io.asyncslot.core;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** The last reference and the end of a run as they must not be: each side stores without a fence before it looks. */
final class WeakEnd {

    private final AtomicInteger references = new AtomicInteger(1);
    private final AtomicInteger running = new AtomicInteger(1);
    private final AtomicBoolean reclaimed = new AtomicBoolean();

    boolean release() {
        references.setOpaque(0);
        return running.getOpaque() == 0 && reclaimed.compareAndSet(false, true);
    }

    boolean endOfRun() {
        running.setOpaque(0);
        return references.getOpaque() == 0 && reclaimed.compareAndSet(false, true);
    }
}
