package io.asyncslot;

/** A map was requested with a type that it does not have: as a timer map instead of a work map, or with another key type. */
public class SlotMapTypeException extends AsyncSlotException {

    private static final long serialVersionUID = 1L;

    private final String map;

    /**
     * Made by a registry.
     *
     * @param map the map's name
     * @param actual what the map is
     * @param wanted the type that was requested
     */
    public SlotMapTypeException(String map, String actual, String wanted) {
        super(
                "slot map '" + map + "' is " + actual + " but was asked for as " + wanted,
                "Ask for the map '" + map
                        + "' by its own kind and key type: AsyncSlotRegistry.timers(...) or works(...), with the type of the"
                        + " callback's key parameter.");
        this.map = map;
    }

    /**
     * The map in question.
     *
     * @return the map's name
     */
    public String map() {
        return map;
    }
}
