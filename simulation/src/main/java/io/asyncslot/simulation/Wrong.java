package io.asyncslot.simulation;

/** The engine and the model disagree. */
final class Wrong extends AssertionError {
    private static final long serialVersionUID = 1L;

    Wrong(String message) {
        super(message);
    }
}
