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
import org.springframework.aot.hint.annotation.RegisterReflectionForBinding;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.SanitizableData;
import org.springframework.boot.actuate.endpoint.Sanitizer;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.context.ApplicationEventPublisher;

/**
 * The endpoint {@code asyncslots}: maps, slots and backends, live. Looking never creates a slot. Thread-safe.
 *
 * <p>Read-only unless its access is set to {@code unrestricted}. What is written leaves an audit event of the type {@code
 * ASYNCSLOT_WRITE} and, where the map keeps history, the user's name in that of the slot.
 *
 * <p>Keys are shown, as the names that they are. The text of a failed callback's exception is a value: it is
 * sanitized, unless values are to be shown.
 */
@RegisterReflectionForBinding({
    SlotDescriptor.class,
    SlotMapSlotsDescriptor.class,
    SlotActionDescriptor.class,
    SlotMapActionDescriptor.class
})
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
    private final SlotWrites writes;

    /**
     * Makes the endpoint.
     *
     * @param registry whose slots it shows
     * @param selection which backend was asked for
     * @param sanitizing what hides values beyond hiding all of them; may also hide keys, named {@code key}, in audit events
     * @param audit receives an audit event for each write
     */
    public AsyncSlotsEndpoint(
            AsyncSlotRegistry registry,
            BackendSelection selection,
            Iterable<SanitizingFunction> sanitizing,
            ApplicationEventPublisher audit) {
        this.registry = registry;
        this.selection = selection;
        this.sanitizer = new Sanitizer(sanitizing);
        this.writes = new SlotWrites(registry, audit, key -> sanitize("key", key, true));
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

    /**
     * Does something to a slot, to the slots of a map whose keys begin alike, or to a map.
     *
     * <p>A slot can be started (which makes it, where its key is simple), cancelled, fired, paused, resumed and deleted; of
     * the slots of a map those that it would change, {@code limit} at most. Without a prefix a map as a whole is paused or
     * resumed.
     *
     * @param action start, cancel, fire, pause, resume or delete
     * @param delay the delay of a start, such as 10s; null for the map's own
     * @param prefix what the keys of the slots of a map begin with, the empty text for all; null for the map itself
     * @param limit how many slots of a map to act on, 1 to 1000; null for 100
     * @param path the map's name, and for one slot its key, in as many elements as it has slashes
     * @return a {@link SlotMapActionDescriptor} or a {@link SlotActionDescriptor}, or null if there is no such map or slot
     * @throws IllegalArgumentException naming what is wrong with the request
     */
    @WriteOperation
    public @Nullable OperationResponseBody write(
            @Nullable String action,
            @Nullable String delay,
            @Nullable String prefix,
            @Nullable Integer limit,
            @Selector(match = Match.ALL_REMAINING) String... path) {
        return write(
                path,
                new SlotWrites.Request(null, action, delay, prefix, limit == null ? DEFAULT_LIMIT : limit),
                false);
    }

    /**
     * Deletes a slot.
     *
     * @param path the map's name and the key, in as many elements as it has slashes
     * @return a {@link SlotActionDescriptor}, or null if there is no such slot
     * @throws IllegalArgumentException if no key is given
     */
    @DeleteOperation
    public @Nullable OperationResponseBody delete(@Selector(match = Match.ALL_REMAINING) String... path) {
        return delete(path, null, false);
    }

    @Nullable
    OperationResponseBody delete(String[] path, @Nullable String user, boolean showValues) {
        if (path.length == 1) {
            throw new IllegalArgumentException(
                    "a key is needed: slots of a whole map are deleted by POST with the action"
                            + " delete and a 'prefix'");
        }
        return write(path, new SlotWrites.Request(user, "delete", null, null, 1), showValues);
    }

    @Nullable
    OperationResponseBody write(String[] path, SlotWrites.Request request, boolean showValues) {
        if (path.length == 1) {
            return writes.map(path[0], request);
        }
        String key = key(path);
        Enum<?> outcome = writes.slot(path[0], key, request);
        return outcome == null
                ? null
                : new SlotActionDescriptor(
                        path[0],
                        key,
                        SlotCommand.of(request.action()).lowerCase(),
                        outcome.name(),
                        explain(path[0], key, showValues));
    }

    /** How a slot stands, or why there is none; a sentence each. */
    List<String> explain(String name, String key, boolean showValues) {
        SlotMap<?> map = registry.map(name).orElse(null);
        if (map == null) {
            return List.of();
        }
        return map.findByText(key)
                .map(slot -> explain(slot, map, showValues))
                .orElseGet(() -> SlotExplanation.ofAbsent(map.findDeleted(key)));
    }

    private List<String> explain(SlotSnapshot slot, SlotMap<?> map, boolean showValues) {
        return SlotExplanation.of(slot, map, registry.isRunning(), text -> failure(text, showValues));
    }

    /** The key that the elements after the map's name make. */
    static String key(String[] path) {
        return String.join("/", Arrays.asList(path).subList(1, path.length));
    }

    @Nullable
    SlotMapSlotsDescriptor map(
            String name, @Nullable String state, @Nullable String prefix, int limit, boolean showValues) {
        checkLimit(limit);
        SlotMap<?> map = registry.map(name).orElse(null);
        if (map == null) {
            return null;
        }
        List<SlotDescriptor> slots = new ArrayList<>();
        map.scan(limit + 1, filter(state, prefix), slot -> slots.add(describe(slot, showValues, null)));
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
        SlotMap<?> map = registry.map(name).orElse(null);
        return map == null
                ? null
                : map.findByText(key)
                        .map(slot -> describe(slot, showValues, explain(slot, map, showValues)))
                        .orElse(null);
    }

    static void checkLimit(int limit) {
        if (limit < 1 || limit > MAX_LIMIT) {
            throw new IllegalArgumentException("'limit' must be 1 to " + MAX_LIMIT + ": " + limit);
        }
    }

    private static Predicate<SlotSnapshot> filter(@Nullable String state, @Nullable String prefix) {
        SlotStateFilter wanted = SlotStateFilter.of(state);
        return slot ->
                wanted.test(slot) && (prefix == null || slot.key().toString().startsWith(prefix));
    }

    private SlotDescriptor describe(SlotSnapshot slot, boolean showValues, @Nullable List<String> explanation) {
        return SlotDescriptor.of(slot, text -> failure(text, showValues), explanation);
    }

    private String failure(String text, boolean showValues) {
        return sanitize(FAILURE, text, showValues);
    }

    private String sanitize(String name, String text, boolean showValues) {
        return String.valueOf(sanitizer.sanitize(new SanitizableData(null, name, text), showValues));
    }
}
