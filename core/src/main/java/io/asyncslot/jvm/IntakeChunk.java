package io.asyncslot.jvm;

import io.asyncslot.core.ControlBlock;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A row of cells that are used once, from the first to the last. Any thread puts and withdraws, the driver takes; by one
 * CAS each, none ever waits.
 */
final class IntakeChunk {

    /*
     * A cell goes from empty to a slot, and from there to DONE, by CAS only:
     *
     *   empty -> slot    by the thread that has claimed the cell
     *   empty -> DONE    by the driver, which has come by before that thread: which then claims another cell
     *   slot  -> DONE    by the driver, or by a thread that withdraws the command: one of them owns it then
     *
     * A cell holds a slot only while that slot's inbox claim stands for this very cell, so a CAS from it needs no
     * version. A withdrawn slot is not looked at by the driver, and garbage as soon as nobody else holds it.
     */

    /** Cells of a chunk; a power of two. A slot has 16 bits for the number of its cell. */
    static final int CELLS = 2048;

    private static final Object DONE = new Object();
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(Object[].class);
    private static final VarHandle CLAIMED;
    private static final VarHandle NEXT;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            CLAIMED = lookup.findVarHandle(IntakeChunk.class, "claimed", int.class);
            NEXT = lookup.findVarHandle(IntakeChunk.class, "next", IntakeChunk.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** See above; by CAS only. */
    private final @Nullable Object[] cells = new Object[CELLS];

    /** Cells given to threads that push; more than there are, when some came too late. By atomic add; volatile. */
    private volatile int claimed;

    /** The chunk after this one. Set once, by CAS; volatile. */
    private volatile @Nullable IntakeChunk next;

    /** Cells that the driver is done with. The driver's own. */
    private int taken;

    /** Claims a cell for a push; none when the answer is not below {@link #CELLS}. */
    int claim() {
        return (int) CLAIMED.getAndAdd(this, 1);
    }

    /** Puts a slot into a claimed cell; false when the driver has passed it by. */
    boolean put(int at, ControlBlock<?> block) {
        return CELL.compareAndSet(cells, at, null, block);
    }

    /** Takes a slot out if it is there. */
    boolean withdraw(int at, ControlBlock<?> block) {
        return CELL.getOpaque(cells, at) == block && CELL.compareAndSet(cells, at, block, DONE);
    }

    /** The chunk after this one, made if need be. */
    IntakeChunk successor() {
        IntakeChunk present = next;
        if (present == null) {
            IntakeChunk fresh = new IntakeChunk();
            present = NEXT.compareAndSet(this, null, fresh) ? fresh : next();
        }
        if (present == null) {
            throw new IllegalStateException("a chunk lost its successor");
        }
        return present;
    }

    @Nullable
    IntakeChunk next() {
        return next;
    }

    /** Takes the next slot; null when all cells claimed so far are done with. For the driver. */
    @Nullable
    ControlBlock<?> take() {
        int end = Math.min(claimed, CELLS);
        while (taken < end) {
            int at = taken++;
            Object found = CELL.getVolatile(cells, at);
            if (found == null && CELL.compareAndSet(cells, at, null, DONE)) {
                continue;
            }
            found = CELL.getVolatile(cells, at);
            if (found instanceof ControlBlock<?> block && CELL.compareAndSet(cells, at, block, DONE)) {
                return block;
            }
        }
        return null;
    }

    /** Whether all cells are given away. */
    boolean isFull() {
        return claimed >= CELLS;
    }

    /** How many cells were given away that the driver is not done with. For the driver. */
    int backlog() {
        return Math.max(0, Math.min(claimed, CELLS) - taken);
    }

    /** Whether the driver is done with every cell. For the driver. */
    boolean isUsedUp() {
        return taken == CELLS;
    }

    /** Whether the driver is done with all cells claimed so far. For the driver. */
    boolean isEmpty() {
        return taken >= Math.min(claimed, CELLS);
    }
}
