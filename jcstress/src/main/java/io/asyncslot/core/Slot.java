package io.asyncslot.core;

/** The real custody by itself, around a real state word. */
final class Slot extends Custody {

    private Slot(boolean commanded) {
        super(Word.FAR, 1, commanded);
    }

    @Override
    boolean freesIdle() {
        return false;
    }

    static Slot atNobody() {
        return new Slot(false);
    }

    /** With a command in an intake. */
    static Slot inInbox() {
        return new Slot(true);
    }

    /** In the hands of the driver. */
    static Slot promised(long micros) {
        Slot slot = new Slot(false);
        slot.promise(micros);
        return slot;
    }

    /** In the hands of a worker, nothing pending. */
    static Slot atWorker() {
        Slot slot = promised(WORKER);
        slot.disarm();
        return slot;
    }
}
