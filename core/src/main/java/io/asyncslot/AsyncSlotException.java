package io.asyncslot;

/** Misuse or wrong configuration of slots: something that the code or the configuration has to change. */
public abstract class AsyncSlotException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * For subclasses.
     *
     * @param message what is wrong, naming value and rule
     */
    protected AsyncSlotException(String message) {
        super(message);
    }
}
