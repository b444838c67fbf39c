package io.asyncslot.actuate;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.spi.FailedFirings;
import io.asyncslot.spring.BackendSelection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.context.ApplicationEventPublisher;

/**
 * The endpoint {@code asyncslots}: maps, slots and backends, live. Looking never creates a slot. Thread-safe.
 *
 * <p>Read-only unless its access is set to {@code unrestricted}. What is written leaves an audit event of the type {@code
 * ASYNCSLOT_WRITE} and, where the map keeps history, the user's name in that of the slot. A pause has the name also
 * without history: while it lasts, every node shows who paused a slot or a map, as {@code pausedBy}.
 *
 * <p>A key is named by the parameter {@code key}, as it is, or by an element of the path where that can carry it: a path
 * loses empty elements on its way, and so is never taken apart and put together again.
 *
 * <p>Keys are shown, as the names that they are. The text of a failed callback's exception is a value, and so is what a slot
 * carries: they are sanitized, unless values are to be shown.
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

    /** The name of the value that a slot carries, for sanitizing functions. */
    private static final String VALUE = "value";

    /** Of a longer text no more is shown. */
    private static final int LONGEST_VALUE = 2_000;

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
     * A page of the slots of one map, or the slot of one key.
     *
     * @param map the map's name
     * @param key a key, whole, whatever characters it has; null for a list
     * @param state what the slots of the list must be: a state, overdue, failed or paused; null for all
     * @param prefix what the keys of the list begin with; null for all
     * @param within only slots that are due within this time, overdue ones included, such as 10m; null for all
     * @param sort deadline, running (longest first), paused or failed (both latest last); null for no order
     * @param page which page of an ordered list, counted from 0; null for the first
     * @param limit how many slots a page has, 1 to 1000; null for 100
     * @return a {@link SlotMapSlotsDescriptor} or a {@link SlotDescriptor}, or null if there is no such map or slot
     * @throws IllegalArgumentException naming what is wrong with the request
     */
    @ReadOperation
    public @Nullable OperationResponseBody find(
            @Selector String map,
            @Nullable String key,
            @Nullable String state,
            @Nullable String prefix,
            @Nullable String within,
            @Nullable String sort,
            @Nullable Integer page,
            @Nullable Integer limit) {
        return find(map, key, new SlotQuery.Text(state, prefix, within, sort, number(page), number(limit)), false);
    }

    /**
     * One slot.
     *
     * @param map the map's name
     * @param element its key, where one element of a path can carry it: not empty and without a slash
     * @return a {@link SlotDescriptor}, or null if there is no such map or slot
     */
    @ReadOperation
    public @Nullable OperationResponseBody slot(@Selector String map, @Selector String element) {
        return slot(map, element, false);
    }

    /**
     * Does something to a slot, to the slots of a map whose keys begin alike, or to a map.
     *
     * <p>A slot can be started (which makes it, where its key is simple), cancelled, fired, paused, resumed and deleted; of
     * the slots of a map those that it would change, {@code limit} at most. A failed firing can be retried, with the values it
     * had, or forgotten, on a backend that keeps those; its slot may be freed. Without key and prefix a map as a whole is
     * paused or resumed.
     *
     * @param map the map's name
     * @param key a key, whole, whatever characters it has; null for several slots or the map
     * @param action start, cancel, fire, pause, resume, delete, retry or forget
     * @param delay the delay of a start, such as 10s; null for the map's own
     * @param prefix what the keys of the slots of a map begin with, the empty text for all; null for the map itself
     * @param limit how many slots of a map to act on, 1 to 1000; null for 100
     * @return a {@link SlotMapActionDescriptor} or a {@link SlotActionDescriptor}, or null if there is no such map or slot
     * @throws IllegalArgumentException naming what is wrong with the request
     */
    @WriteOperation
    public @Nullable OperationResponseBody write(
            @Selector String map,
            @Nullable String key,
            @Nullable String action,
            @Nullable String delay,
            @Nullable String prefix,
            @Nullable Integer limit) {
        return write(
                map,
                key,
                new SlotWrites.Request(null, action, delay, prefix, limit == null ? DEFAULT_LIMIT : limit),
                false);
    }

    /**
     * Does something to one slot; see {@link #write}.
     *
     * @param map the map's name
     * @param element its key, where one element of a path can carry it: not empty and without a slash
     * @param action start, cancel, fire, pause, resume, delete, retry or forget
     * @param delay the delay of a start, such as 10s; null for the map's own
     * @return a {@link SlotActionDescriptor}, or null if there is no such map or slot
     * @throws IllegalArgumentException naming what is wrong with the request
     */
    @WriteOperation
    public @Nullable OperationResponseBody writeSlot(
            @Selector String map, @Selector String element, @Nullable String action, @Nullable String delay) {
        return write(map, element, new SlotWrites.Request(null, action, delay, null, DEFAULT_LIMIT), false);
    }

    /**
     * Deletes a slot.
     *
     * @param map the map's name
     * @param key its key, whole, whatever characters it has
     * @return a {@link SlotActionDescriptor}, or null if there is no such slot
     * @throws IllegalArgumentException if no key is given
     */
    @DeleteOperation
    public @Nullable OperationResponseBody delete(@Selector String map, @Nullable String key) {
        return delete(map, key, null, false);
    }

    /**
     * Deletes a slot.
     *
     * @param map the map's name
     * @param element its key, where one element of a path can carry it: not empty and without a slash
     * @return a {@link SlotActionDescriptor}, or null if there is no such slot
     */
    @DeleteOperation
    public @Nullable OperationResponseBody deleteSlot(@Selector String map, @Selector String element) {
        return delete(map, element, null, false);
    }

    @Nullable
    OperationResponseBody delete(String map, @Nullable String key, @Nullable String user, boolean showValues) {
        if (key == null) {
            throw new IllegalArgumentException(
                    "a key is required: to delete slots of a whole map, POST the action" + " delete with a 'prefix'");
        }
        return write(map, key, new SlotWrites.Request(user, "delete", null, null, 1), showValues);
    }

    @Nullable
    OperationResponseBody write(String map, @Nullable String key, SlotWrites.Request request, boolean showValues) {
        if (key == null) {
            return writes.map(map, request);
        }
        if (request.prefix() != null) {
            throw new IllegalArgumentException("'key' selects one slot, and cannot be combined with 'prefix'");
        }
        Enum<?> outcome = writes.slot(map, key, request);
        return outcome == null
                ? null
                : new SlotActionDescriptor(
                        map,
                        key,
                        SlotCommand.of(request.action()).lowerCase(),
                        outcome.name(),
                        explain(map, key, showValues));
    }

    /** How a slot stands, or why there is none; a sentence each. */
    List<String> explain(String name, String key, boolean showValues) {
        SlotMap<?> map = registry.map(name).orElse(null);
        if (map == null) {
            return List.of();
        }
        return map.findByText(key)
                .map(slot -> explain(slot, map, showValues))
                .or(() -> map.findDeparted(key).map(slot -> explainDeparted(slot, showValues)))
                .orElseGet(SlotExplanation::ofUnknown);
    }

    /** Whether a slot that is not there left a failed firing that can be retried or forgotten. */
    boolean leftAFailedFiring(String name, String key) {
        return registry.map(name)
                .filter(FailedFirings.class::isInstance)
                .flatMap(map -> map.findDeparted(key))
                .filter(SlotStateFilter.FAILED)
                .isPresent();
    }

    private List<String> explainDeparted(SlotSnapshot slot, boolean showValues) {
        return SlotExplanation.ofDeparted(slot, text -> failure(text, showValues));
    }

    private List<String> explain(SlotSnapshot slot, SlotMap<?> map, boolean showValues) {
        return SlotExplanation.of(slot, map, registry.isRunning(), text -> failure(text, showValues));
    }

    @Nullable
    OperationResponseBody find(String map, @Nullable String key, SlotQuery.Text text, boolean showValues) {
        if (key == null) {
            return map(map, SlotQuery.of(text), showValues);
        }
        if (!text.isEmpty()) {
            throw new IllegalArgumentException(
                    "'key' selects one slot, and cannot be combined with 'state', 'prefix', 'within', 'sort', 'page' or 'limit'");
        }
        return slot(map, key, showValues);
    }

    private @Nullable SlotMapSlotsDescriptor map(String name, SlotQuery query, boolean showValues) {
        SlotMap<?> map = registry.map(name).orElse(null);
        if (map == null) {
            return null;
        }
        SlotQuery.Page page = query.page(map);
        return new SlotMapSlotsDescriptor(
                name,
                SlotMapDescriptor.of(map),
                query.pageNumber(),
                query.limit(),
                page.more(),
                page.slots().stream()
                        .map(slot -> describe(slot, showValues, null))
                        .toList());
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

    private static @Nullable String number(@Nullable Integer value) {
        return value == null ? null : value.toString();
    }

    static void checkLimit(int limit) {
        if (limit < 1 || limit > MAX_LIMIT) {
            throw new IllegalArgumentException("'limit' must be 1 to " + MAX_LIMIT + ": " + limit);
        }
    }

    private SlotDescriptor describe(SlotSnapshot slot, boolean showValues, @Nullable List<String> explanation) {
        return SlotDescriptor.of(
                slot, text -> failure(text, showValues), value -> value(value, showValues), explanation);
    }

    /** A value as text; one that is not to be shown is not asked for its text. */
    private String value(Object value, boolean showValues) {
        return sanitize(VALUE, showValues ? text(value) : "", showValues);
    }

    private static String text(Object value) {
        try {
            String text = String.valueOf(value);
            return text.length() <= LONGEST_VALUE ? text : text.substring(0, LONGEST_VALUE) + "...";
        } catch (RuntimeException e) { // the value is the user's
            return value.getClass().getName() + ", whose toString() failed: " + e;
        }
    }

    private String failure(String text, boolean showValues) {
        return sanitize(FAILURE, text, showValues);
    }

    private String sanitize(String name, String text, boolean showValues) {
        return String.valueOf(sanitizer.sanitize(new SanitizableData(null, name, text), showValues));
    }
}
