package io.asyncslot.kernel;

/** The operating system refused. */
public class KernelException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String action;
    private final int errno;

    /**
     * A refusal with an error number.
     *
     * @param action what was tried, such as "map create"
     * @param errno the error number, positive
     */
    public KernelException(String action, int errno) {
        super(action + ": " + Errno.words(errno));
        this.action = action;
        this.errno = errno;
    }

    /**
     * A refusal that has no error number.
     *
     * @param message what was tried, and what is wrong
     */
    public KernelException(String message) {
        super(message);
        this.action = message;
        this.errno = 0;
    }

    /**
     * What was tried.
     *
     * @return a few words
     */
    public String action() {
        return action;
    }

    /**
     * The error number.
     *
     * @return positive, such as 12 for ENOMEM; 0 if there is none
     */
    public int errno() {
        return errno;
    }
}
