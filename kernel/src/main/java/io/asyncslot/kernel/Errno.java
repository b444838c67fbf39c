package io.asyncslot.kernel;

/** Linux error numbers, as far as they are met here, with their names and what they mean here. */
public enum Errno {
    /** Operation not permitted. */
    EPERM(1, "not permitted"),
    /** No such file, or an object that is going away. */
    ENOENT(2, "does not exist"),
    /** Interrupted by a signal. */
    EINTR(4, "interrupted"),
    /** Argument list or record too long. */
    E2BIG(7, "too big"),
    /** Bad file descriptor. */
    EBADF(9, "bad file descriptor"),
    /** Taken, or nothing to do now: try again. */
    EAGAIN(11, "taken, or not ready"),
    /** Out of memory; for a timer: none that could be had without waiting. */
    ENOMEM(12, "no memory at present; later tries may succeed"),
    /** Permission denied by file mode, or by the verifier. */
    EACCES(13, "permission denied"),
    /** In use; for a timer: initialised already. */
    EBUSY(16, "busy"),
    /** Exists. */
    EEXIST(17, "exists"),
    /** Not a directory. */
    ENOTDIR(20, "not a directory"),
    /** Invalid argument; for a timer: not initialised, or without a callback. */
    EINVAL(22, "invalid, or not initialised"),
    /** No space left, or the verifier's log did not fit. */
    ENOSPC(28, "no space"),
    /** Would have to wait for itself. */
    EDEADLK(35, "would wait for itself"),
    /** Name too long. */
    ENAMETOOLONG(36, "name too long"),
    /** No such system call. */
    ENOSYS(38, "no such system call"),
    /** Not supported in this place, or by this kernel. */
    EOPNOTSUPP(95, "not supported here"),
    /** Accepted, and will be done later. */
    ECANCELED(125, "will be done later"),
    /** A program or map of an unknown kind, internal to the kernel. */
    ENOTSUPP(524, "not supported by this kernel");

    private final int number;
    private final String meaning;

    Errno(int number, String meaning) {
        this.number = number;
        this.meaning = meaning;
    }

    /**
     * The number.
     *
     * @return positive
     */
    public int number() {
        return number;
    }

    /**
     * Tells whether a result is this error.
     *
     * @param result what a command or a call returned
     * @return true if it is the negative number
     */
    public boolean isResult(int result) {
        return result == -number;
    }

    /**
     * An error number in words.
     *
     * @param number positive or negative
     * @return such as "ENOMEM (no memory at present; later tries may succeed)"
     */
    public static String words(int number) {
        int positive = Math.abs(number);
        for (Errno errno : values()) {
            if (errno.number == positive) {
                return errno.name() + " (" + errno.meaning + ")";
            }
        }
        return "error " + positive;
    }
}
