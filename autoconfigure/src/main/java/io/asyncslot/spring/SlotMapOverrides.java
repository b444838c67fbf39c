package io.asyncslot.spring;

import java.util.Set;

/** What properties say about maps, which wins over annotations. Thread-safe. */
public interface SlotMapOverrides {

    /**
     * The settings of one map.
     *
     * @param map the map's name, as the annotation has it
     * @return what properties say, {@link SlotMapSettings#NONE} where they say nothing
     */
    SlotMapSettings of(String map);

    /**
     * The names that properties use and no map has.
     *
     * @param maps the names of all maps
     * @return the names as they are written
     */
    Set<String> unmatched(Set<String> maps);
}
