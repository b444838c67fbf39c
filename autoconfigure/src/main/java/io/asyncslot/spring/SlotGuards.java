package io.asyncslot.spring;

/** Puts guards around the callbacks of maps: the way to a resilience library, which may be absent. Thread-safe. */
public interface SlotGuards {

    /**
     * Guards the callbacks of a map that is about to be registered.
     *
     * @param spec which guards; not empty
     * @throws SlotConfigurationException if there is no instance of a name, or the guards do not go together
     */
    void guard(SlotGuardSpec spec);

    /**
     * Lets go of a map that is closed, or could not be registered.
     *
     * @param map the map's name; unknown ones are ignored
     */
    void release(String map);
}
