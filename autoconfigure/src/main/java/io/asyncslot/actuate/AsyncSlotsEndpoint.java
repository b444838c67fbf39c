package io.asyncslot.actuate;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.spring.BackendSelection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.SanitizableData;
import org.springframework.boot.actuate.endpoint.Sanitizer;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;

/**
 * The endpoint {@code asyncslots}: maps, slots and backends, live. Looking never creates a slot. Thread-safe.
 *
 * <p>Keys are shown, as the names that they are. The text of a failed callback's exception is a value: it is
 * sanitized, unless values are to be shown.
 */
@Endpoint(id = "asyncslots", defaultAccess = Access.READ_ONLY)
public class AsyncSlotsEndpoint {

    /** How many slots a list shows unless asked for more or less. */
    public static final int DEFAULT_LIMIT = 100;

    /** How many slots a list shows at most. */
    public static final int MAX_LIMIT = 1_000;

    private static final String FAILURE = "failure";

    private final AsyncSlotRegistry registry;
    private final BackendSelection selection;
    private final Sanitizer sanitizer;

    /**
     * Makes the endpoint.
     *
     * @param registry whose slots it shows
     * @param selection which backend was asked for
     * @param sanitizing what hides values beyond hiding all of them
     */
    public AsyncSlotsEndpoint(
            AsyncSlotRegistry registry, BackendSelection selection, Iterable<SanitizingFunction> sanitizing) {
        this.registry = registry;
        this.selection = selection;
        this.sanitizer = new Sanitizer(sanitizing);
    }

    /**
     * All maps and backends.
     *
     * @return the description
     */
    @ReadOperation
    public AsyncSlotsDescriptor slots() {
        Map<String, SlotMapDescriptor> maps = new TreeMap<>();
        registry.maps().forEach(map -> maps.put(map.name(), SlotMapDescriptor.of(map)));
        return new AsyncSlotsDescriptor(registry.isRunning(), selection, registry.backends(), maps);
    }

    /**
     * Slots of one map, or one slot.
     *
     * @param state a state that the slots of a map must be in; null for all
     * @param prefix what the keys of the slots of a map begin with; null for all
     * @param limit how many slots of a map to show, 1 to 1000; null for 100
     * @param path the map's name, and for one slot its key, in as many elements as it has slashes
     * @return a {@link SlotMapSlotsDescriptor} or a {@link SlotDescriptor}, or null if there is no such map or slot
     * @throws IllegalArgumentException if there is no such state, or the limit is out of its range
     */
    @ReadOperation
    public @Nullable OperationResponseBody find(
            @Nullable String state,
            @Nullable String prefix,
            @Nullable Integer limit,
            @Selector(match = Match.ALL_REMAINING) String... path) {
        return path.length == 1
                ? map(path[0], state, prefix, limit == null ? DEFAULT_LIMIT : limit, false)
                : slot(path[0], key(path), false);
    }

    /** The key that the elements after the map's name make. */
    static String key(String[] path) {
        return String.join("/", Arrays.asList(path).subList(1, path.length));
    }

    @Nullable
    SlotMapSlotsDescriptor map(
            String name, @Nullable String state, @Nullable String prefix, int limit, boolean showValues) {
        if (limit < 1 || limit > MAX_LIMIT) {
            throw new IllegalArgumentException("'limit' must be 1 to " + MAX_LIMIT + ": " + limit);
        }
        SlotMap<?> map = registry.map(name).orElse(null);
        if (map == null) {
            return null;
        }
        List<SlotDescriptor> slots = new ArrayList<>();
        map.scan(limit + 1, filter(state, prefix), slot -> slots.add(describe(slot, showValues)));
        boolean truncated = slots.size() > limit;
        return new SlotMapSlotsDescriptor(
                name,
                SlotMapDescriptor.of(map),
                limit,
                truncated,
                truncated ? List.copyOf(slots.subList(0, limit)) : slots);
    }

    @Nullable
    SlotDescriptor slot(String name, String key, boolean showValues) {
        return registry.map(name)
                .flatMap(map -> map.findByText(key))
                .map(slot -> describe(slot, showValues))
                .orElse(null);
    }

    private static Predicate<SlotSnapshot> filter(@Nullable String state, @Nullable String prefix) {
        SlotStateFilter wanted = SlotStateFilter.of(state);
        return slot ->
                wanted.test(slot) && (prefix == null || slot.key().toString().startsWith(prefix));
    }

    private SlotDescriptor describe(SlotSnapshot slot, boolean showValues) {
        return SlotDescriptor.of(
                slot, text -> String.valueOf(sanitizer.sanitize(new SanitizableData(null, FAILURE, text), showValues)));
    }
}
