package io.asyncslot.actuate;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;

/**
 * What an action did to many slots of a map, or to the map: the answer of {@code POST /actuator/asyncslots/{map}}.
 *
 * @param map the map's name
 * @param action what was asked for, lower case
 * @param prefix what the keys of the slots begin with; null for the map as a whole
 * @param outcomes how many slots ended in which outcome; one for the map as a whole
 * @param more whether further slots wait for the same action, beyond the limit
 */
public record SlotMapActionDescriptor(
        String map, String action, @Nullable String prefix, Map<String, Integer> outcomes, boolean more)
        implements OperationResponseBody {}
