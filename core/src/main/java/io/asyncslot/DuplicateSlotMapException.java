package io.asyncslot;

/** A map was registered under the name of a map that is open. */
public class DuplicateSlotMapException extends AsyncSlotException {

    private static final long serialVersionUID = 1L;

    private final String map;

    /**
     * Made by a registry.
     *
     * @param map the name
     */
    public DuplicateSlotMapException(String map) {
        super(
                "a slot map named '" + map + "' is registered already; a map has exactly one callback",
                "Give one of the maps named '" + map
                        + "' another name, or register it in one place only: by annotation or in code.");
        this.map = map;
    }

    /**
     * The name that is taken.
     *
     * @return the map's name
     */
    public String map() {
        return map;
    }
}
