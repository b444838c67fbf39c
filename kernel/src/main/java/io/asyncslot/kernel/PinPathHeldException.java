package io.asyncslot.kernel;

import java.nio.file.Path;

/** Another application holds the slots at this pin path. */
public class PinPathHeldException extends KernelException {

    private static final long serialVersionUID = 1L;

    private final String path;
    private final String holder;

    /**
     * Made when a pin path is taken into use.
     *
     * @param path the pin path
     * @param holder who holds it
     */
    public PinPathHeldException(Path path, String holder) {
        super(KernelProblem.PIN_HELD, "the slots pinned at " + path + " are held by " + holder);
        this.path = path.toString();
        this.holder = holder;
    }

    /**
     * The pin path.
     *
     * @return the path, as text
     */
    public String path() {
        return path;
    }

    /**
     * Who holds it.
     *
     * @return process id, since when, and what it calls itself
     */
    public String holder() {
        return holder;
    }
}
