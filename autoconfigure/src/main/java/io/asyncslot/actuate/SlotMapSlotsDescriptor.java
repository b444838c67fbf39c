package io.asyncslot.actuate;

import java.util.List;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;

/**
 * Slots of one map: the answer of {@code GET /actuator/asyncslots/{map}}.
 *
 * @param map the map's name
 * @param stats the map and its counters
 * @param page which page of an ordered list this is, counted from 0
 * @param limit how many slots a page has at most
 * @param truncated whether there are more slots that match
 * @param slots the slots that match, in the order asked for; without one in no particular order
 */
public record SlotMapSlotsDescriptor(
        String map, SlotMapDescriptor stats, int page, int limit, boolean truncated, List<SlotDescriptor> slots)
        implements OperationResponseBody {}
