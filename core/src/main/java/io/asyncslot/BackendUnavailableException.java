package io.asyncslot;

/** The chosen backend is unknown, or cannot be used here. */
public class BackendUnavailableException extends AsyncSlotException {

    private static final long serialVersionUID = 1L;

    private final String backend;
    private final String remedy;

    /**
     * Made by a registry.
     *
     * @param backend the backend's name
     * @param reason why it cannot be used
     * @param remedy what to do about it
     */
    public BackendUnavailableException(String backend, String reason, String remedy) {
        super("backend '" + backend + "' cannot be used: " + reason);
        this.backend = backend;
        this.remedy = remedy;
    }

    /**
     * The backend asked for.
     *
     * @return its name
     */
    public String backend() {
        return backend;
    }

    /**
     * What to do about it.
     *
     * @return the remedy, a sentence
     */
    public String remedy() {
        return remedy;
    }
}
