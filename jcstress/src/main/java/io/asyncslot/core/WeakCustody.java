package io.asyncslot.core;

import java.util.concurrent.atomic.AtomicLong;

/** Custody as it must not be: opaque stores, and claims that look and then store. */
final class WeakCustody {

    private final AtomicLong lookAt;
    private final AtomicLong deadline;
    private volatile boolean inbox;

    WeakCustody(long lookAt, long deadline) {
        this.lookAt = new AtomicLong(lookAt);
        this.deadline = new AtomicLong(deadline);
    }

    void arm(long micros) {
        deadline.setOpaque(micros);
    }

    long deadline() {
        return deadline.getOpaque();
    }

    void promise(long micros) {
        lookAt.setOpaque(micros);
    }

    long lookAt() {
        return lookAt.getOpaque();
    }

    boolean take(long micros) {
        if (lookAt.get() != Custody.NOBODY) {
            return false;
        }
        lookAt.set(micros);
        return true;
    }

    boolean enterInbox() {
        if (inbox) {
            return false;
        }
        inbox = true;
        return true;
    }
}
