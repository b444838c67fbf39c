package io.asyncslot;

import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/** A map was asked for that nobody has registered. */
public class UnknownSlotMapException extends AsyncSlotException {

    private static final long serialVersionUID = 1L;

    private final List<String> unknown;
    private final List<String> known;

    /**
     * Made by a registry.
     *
     * @param unknown the names asked for in vain
     * @param known the names that exist
     */
    public UnknownSlotMapException(Collection<String> unknown, Collection<String> known) {
        super(
                "no slot map named '" + String.join("', '", new TreeSet<>(unknown)) + "' is registered; known maps: "
                        + new TreeSet<>(known),
                "Correct the name " + new TreeSet<>(unknown)
                        + ", or bind a callback to such a map with @TimerSlot, @WorkSlot or AsyncSlotRegistry.register(...)"
                        + " before the context has started.");
        this.unknown = List.copyOf(new TreeSet<>(unknown));
        this.known = List.copyOf(new TreeSet<>(known));
    }

    /**
     * The names asked for in vain.
     *
     * @return the names, in order
     */
    public List<String> unknown() {
        return unknown;
    }

    /**
     * The names that exist.
     *
     * @return the names, in order
     */
    public List<String> known() {
        return known;
    }
}
