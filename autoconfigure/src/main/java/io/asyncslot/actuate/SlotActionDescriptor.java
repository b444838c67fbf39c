package io.asyncslot.actuate;

import java.util.List;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;

/**
 * What an action did to one slot: the answer of {@code POST} and {@code DELETE /actuator/asyncslots/{map}/{key}}.
 *
 * @param map the map's name
 * @param key the key as text
 * @param action what was asked for, lower case
 * @param outcome the outcome of the operation that was carried out, such as STARTED, MOVED or CANCELLED
 * @param explanation how the slot stands now, a sentence each; see {@link SlotDescriptor}
 */
public record SlotActionDescriptor(String map, String key, String action, String outcome, List<String> explanation)
        implements OperationResponseBody {}
