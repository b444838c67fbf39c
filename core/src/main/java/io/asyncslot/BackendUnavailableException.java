package io.asyncslot;

/** The chosen backend is unknown, or cannot be used here. */
public class BackendUnavailableException extends AsyncSlotException {

    private static final long serialVersionUID = 1L;

    private final String backend;

    /**
     * Made by a registry.
     *
     * @param backend the backend's name
     * @param reason why it cannot be used
     * @param remedy what to do about it
     */
    public BackendUnavailableException(String backend, String reason, String remedy) {
        super("backend '" + backend + "' cannot be used: " + reason, remedy);
        this.backend = backend;
    }

    /**
     * The backend asked for.
     *
     * @return its name
     */
    public String backend() {
        return backend;
    }
}
