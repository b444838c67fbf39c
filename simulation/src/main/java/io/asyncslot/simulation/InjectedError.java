package io.asyncslot.simulation;

/** What the simulation throws from where user code, or the heap, may throw. */
final class InjectedError extends Error {
    private static final long serialVersionUID = 1L;

    InjectedError() {
        super("injected", null, false, false);
    }
}
