package io.asyncslot.kernel;

import org.jspecify.annotations.Nullable;

/** The operating system refused. */
public class KernelException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String action;
    private final int errno;
    private final @Nullable KernelProblem problem;

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
        this.problem = null;
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
        this.problem = null;
    }

    /**
     * A refusal for a known reason.
     *
     * @param problem the reason
     * @param message what was tried, and what is wrong
     */
    public KernelException(KernelProblem problem, String message) {
        super(message);
        this.action = message;
        this.errno = 0;
        this.problem = problem;
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

    /**
     * The reason, if it is known without a look at the environment.
     *
     * @return the problem, or null: {@link KernelProbe#explain} finds it
     */
    public @Nullable KernelProblem problem() {
        return problem;
    }
}
