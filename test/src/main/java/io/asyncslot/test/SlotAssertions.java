package io.asyncslot.test;

import io.asyncslot.SlotMap;

/** The way in to assertions on slots: {@code assertThat(sessions).slot("s1").isArmedFor(ofMinutes(30))}. */
public final class SlotAssertions {

    private SlotAssertions() {}

    /**
     * Begins to assert on a map.
     *
     * @param <K> the key type
     * @param map the map
     * @return its assertions
     */
    public static <K> SlotMapAssert<K> assertThat(SlotMap<K> map) {
        return new SlotMapAssert<>(map);
    }
}
