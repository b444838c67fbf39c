package io.asyncslot.kernel;

import java.nio.file.Path;

/** The objects at a pin path were made by another version, or are not complete. */
public class PinLayoutException extends KernelException {

    private static final long serialVersionUID = 1L;

    private final String path;
    private final String remedy;

    /**
     * Made when a pin path is taken into use.
     *
     * @param path the pin path
     * @param reason what is wrong there
     * @param remedy what to do about it
     */
    public PinLayoutException(Path path, String reason, String remedy) {
        super(KernelProblem.PIN_LAYOUT, "the pins at " + path + " cannot be used: " + reason);
        this.path = path.toString();
        this.remedy = remedy;
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
     * What to do about it.
     *
     * @return how to migrate or to drop what is pinned
     */
    public String remedy() {
        return remedy;
    }
}
