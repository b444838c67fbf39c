package io.asyncslot.actuate;

import java.util.List;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;

/**
 * Slots of one map: the answer of {@code GET /actuator/asyncslots/{map}}.
 *
 * @param map the map's name
 * @param stats the map and its counters
 * @param limit how many slots are shown at most
 * @param truncated whether there are more slots that match
 * @param slots the slots that match, in no particular order
 */
public record SlotMapSlotsDescriptor(
        String map, SlotMapDescriptor stats, int limit, boolean truncated, List<SlotDescriptor> slots)
        implements OperationResponseBody {}
