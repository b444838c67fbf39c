package io.asyncslot.test;

import io.asyncslot.SlotMap;

/** The entry point of assertions on slots: {@code assertThat(sessions).slot("s1").isArmedFor(ofMinutes(30))}. */
public final class SlotAssertions {

    private SlotAssertions() {}

    /**
     * Starts assertions on a map.
     *
     * @param <K> the key type
     * @param map the map
     * @return its assertions
     */
    public static <K> SlotMapAssert<K> assertThat(SlotMap<K> map) {
        return new SlotMapAssert<>(map);
    }
}
