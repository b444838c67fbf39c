package io.asyncslot;

/** A map was asked for as something that it is not: timer for work, or with another key type. */
public class SlotMapTypeException extends AsyncSlotException {

    private static final long serialVersionUID = 1L;

    private final String map;

    /**
     * Made by a registry.
     *
     * @param map the map's name
     * @param actual what the map is
     * @param wanted what it was asked for as
     */
    public SlotMapTypeException(String map, String actual, String wanted) {
        super("slot map '" + map + "' is " + actual + " but was asked for as " + wanted);
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
