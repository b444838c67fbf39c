package io.asyncslot.simulation;

/** The process of this stack is gone. */
final class Killed extends Error {

    private static final long serialVersionUID = 1L;

    Killed() {
        super("killed", null, false, false);
    }
}
