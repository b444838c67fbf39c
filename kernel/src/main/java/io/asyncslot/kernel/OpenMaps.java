package io.asyncslot.kernel;

import io.asyncslot.SlotMap;
import io.asyncslot.backend.Log;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** The maps of the backend that are open, and those that are being opened. Thread-safe. */
final class OpenMaps {

    private static final Log LOG = new Log(KernelBackend.class);
    private static final Log.Message NOT_CLOSED = LOG.message("map '", "' failed to close");

    /** The maps that were opened and are not closed. Any thread. */
    private final List<SlotMap<?>> open = new CopyOnWriteArrayList<>();

    /** Maps that are being opened. Any thread. */
    private final AtomicInteger opening = new AtomicInteger();

    /** Opens a map, unless the memory is another process's; one that is under way keeps the memory here. */
    <M extends SlotMap<?>> M open(Supplier<M> make, HandOver handOver) {
        opening.incrementAndGet();
        try {
            handOver.refuseIfDone();
            M map = make.get();
            open.removeIf(SlotMap::isClosed);
            open.add(map);
            if (handOver.isDone()) { // looked at after it was added: whoever hands over sees it, or we see that
                closeAll();
            }
            return map;
        } finally {
            opening.decrementAndGet();
        }
    }

    boolean isOpening() {
        return opening.get() != 0;
    }

    /** Closes all, with what they arm left in the kernel; one that fails is closed once more. */
    void closeAll() {
        for (SlotMap<?> map : open) {
            try {
                closeNow(map);
            } catch (Throwable e) {
                closeAgain(map);
            }
        }
    }

    private static void closeAgain(SlotMap<?> map) {
        try {
            closeNow(map);
        } catch (Throwable e) {
            NOT_CLOSED.error(map.name(), e);
        }
    }

    private static void closeNow(SlotMap<?> map) {
        try {
            map.close(Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
