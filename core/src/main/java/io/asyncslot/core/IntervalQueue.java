package io.asyncslot.core;

import org.jspecify.annotations.Nullable;

/**
 * The slots of a map with {@code minInterval} that frees idle slots: each stays until its interval is over, so that the next
 * submit knows when the last run began, and is freed then. Thread-safe.
 */
final class IntervalQueue<K> extends Intervals<K> {

    /*
     * The queue
     *
     * A slot is put in before the step that begins a run, unless it is there: so the order of the queue is that of the
     * intervals' ends, but for runs that follow a retry, and a slot whose interval goes on is in it. Whoever makes a slot idle
     * after its interval frees it; who does so before leaves it to the queue. The clock does not go back, so that whoever
     * comes later of the two finds the interval over and the slot idle. The queue is linked through the slots: it needs no heap.
     */

    private static final int PORTION = 64;

    private final LocalSlots<K> map;

    /** The ends of the queue. Guarded by {@code this}, as the links are. */
    private @Nullable ValueBlock<K> first;

    private @Nullable ValueBlock<K> last;

    IntervalQueue(LocalSlots<K> map) {
        this.map = map;
    }

    @Override
    synchronized void begins(ValueBlock<K> block, long end) {
        if (block.queuedUntil != 0) {
            return;
        }
        block.queuedUntil = end;
        if (last == null) {
            first = block;
        } else {
            last.next = block;
        }
        last = block;
    }

    private synchronized @Nullable ValueBlock<K> poll(long now) {
        ValueBlock<K> head = first;
        if (head == null || head.queuedUntil > now && !StateWord.isFreed(head.word())) {
            return null;
        }
        first = head.next;
        last = first == null ? null : last;
        head.next = null;
        head.queuedUntil = 0;
        return head;
    }

    @Override
    void rested(ControlBlock<K> block) {
        ValueBlock<K> carrier = (ValueBlock<K>) block;
        long now;
        try {
            now = map.now();
        } catch (Throwable e) { // a clock that fails: whoever sweeps next looks once more
            begins(carrier, Math.max(1, carrier.notBefore()));
            map.notes().unnoted(e);
            return;
        }
        map.freeRested(carrier, now);
    }

    @Override
    void sweepSome() {
        sweep(PORTION);
    }

    @Override
    void sweep(int most) {
        long now = map.now();
        for (int i = 0; i < most; i++) {
            ValueBlock<K> head = poll(now);
            if (head == null) {
                return;
            }
            map.freeRested(head, now); // not while its interval goes on
            long end = head.notBefore(); // read after that step: a run that was about to begin then has begun
            if (end > now && !StateWord.isFreed(head.word())) {
                begins(head, end); // it has begun once more
            }
        }
    }
}
