package io.asyncslot.actuate;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotType;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.BeanUtils;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.core.convert.ConversionException;
import org.springframework.core.convert.support.DefaultConversionService;

/**
 * The writing half of the endpoint: checks what is asked for, does it on account of who asks, and leaves an audit event
 * for each attempt, refused ones included. Thread-safe.
 */
final class SlotWrites {

    /** Type of the audit events. */
    static final String AUDIT_TYPE = "ASYNCSLOT_WRITE";

    private static final String NOT_FOUND = "NOT_FOUND";
    private static final String REFUSED = "REFUSED";

    private final AsyncSlotRegistry registry;
    private final ApplicationEventPublisher audit;
    private final UnaryOperator<String> shownKey;

    /**
     * Makes it.
     *
     * @param audit where audit events go
     * @param shownKey what audit events show of a key
     */
    SlotWrites(AsyncSlotRegistry registry, ApplicationEventPublisher audit, UnaryOperator<String> shownKey) {
        this.registry = registry;
        this.audit = audit;
        this.shownKey = shownKey;
    }

    /**
     * What is asked for, as it was written.
     *
     * @param user who asks, null when nobody is known
     * @param limit how many slots of a map at most
     */
    record Request(
            @Nullable String user,
            @Nullable String action,
            @Nullable String delay,
            @Nullable String prefix,
            int limit) {}

    /**
     * Does something to one slot.
     *
     * @return the outcome; null if there is no such map or slot
     * @throws IllegalArgumentException naming what is wrong with the request
     */
    @Nullable
    Enum<?> slot(String mapName, String keyText, Request request) {
        return audited(request, mapName, "key", keyText, () -> onSlot(mapName, keyText, request));
    }

    private @Nullable Enum<?> onSlot(String mapName, String keyText, Request request) {
        SlotCommand command = SlotCommand.of(request.action);
        Duration delay = duration("delay", request.delay);
        SlotMap<Object> map = map(mapName);
        if (map == null) {
            return null;
        }
        if (delay != null && command != SlotCommand.START) {
            throw new IllegalArgumentException(
                    "'delay' is allowed with the action start only: '" + request.action + "'");
        }
        if (delay != null && map.type() == SlotType.WORK) {
            throw new IllegalArgumentException("'delay' must not be given: map '" + mapName + "' is a work map");
        }
        Object key = map.findByText(keyText)
                .or(() -> command.isOfFailedFiring() ? map.findDeparted(keyText) : Optional.empty())
                .map(SlotSnapshot::key)
                .orElse(null);
        if (key == null) {
            if (command != SlotCommand.START) {
                return null;
            }
            key = key(map, keyText);
        }
        Object present = key;
        try {
            return cause(request.user).during(() -> command.perform(map, present, delay));
        } catch (IllegalStateException e) { // the map has no delay of its own
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /**
     * Does something to slots of one map, or to the map.
     *
     * @return what was done; null if there is no such map
     * @throws IllegalArgumentException naming what is wrong with the request
     */
    @Nullable
    SlotMapActionDescriptor map(String mapName, Request request) {
        return audited(request, mapName, "prefix", request.prefix, () -> onMap(mapName, request));
    }

    private @Nullable SlotMapActionDescriptor onMap(String mapName, Request request) {
        SlotCommand command = SlotCommand.of(request.action);
        if (command == SlotCommand.START) {
            throw new IllegalArgumentException("the action start needs a key: POST to the slot, not to its map");
        }
        AsyncSlotsEndpoint.checkLimit(request.limit);
        if (request.delay != null) {
            throw new IllegalArgumentException(
                    "'delay' is allowed with the action start only: '" + request.action + "'");
        }
        SlotMap<Object> map = map(mapName);
        if (map == null) {
            return null;
        }
        String prefix = request.prefix;
        if (prefix == null) {
            Enum<?> outcome = cause(request.user).during(() -> whole(map, command));
            return done(mapName, command, null, Map.of(outcome.name(), 1), false);
        }
        SlotQuery.Page page = SlotQuery.of(command, prefix, request.limit).page(map);
        Map<String, Integer> outcomes = new TreeMap<>();
        cause(request.user).during(() -> {
            for (SlotSnapshot slot : page.slots()) {
                outcomes.merge(command.perform(map, slot.key(), null).name(), 1, Integer::sum);
            }
            return outcomes;
        });
        return done(mapName, command, prefix, outcomes, page.more());
    }

    private static Enum<?> whole(SlotMap<Object> map, SlotCommand command) {
        return switch (command) {
            case PAUSE -> map.pause();
            case RESUME -> map.resume();
            case START, CANCEL, FIRE, DELETE, RETRY, FORGET ->
                throw new IllegalArgumentException("the action " + command.lowerCase()
                        + " on a map needs a 'prefix' of keys; the empty one is that of all");
        };
    }

    private static SlotMapActionDescriptor done(
            String map, SlotCommand command, @Nullable String prefix, Map<String, Integer> outcomes, boolean more) {
        return new SlotMapActionDescriptor(map, command.lowerCase(), prefix, outcomes, more);
    }

    @SuppressWarnings("unchecked") // keys come from the map itself, or are made for its key type
    private @Nullable SlotMap<Object> map(String name) {
        return (SlotMap<Object>) registry.map(name).orElse(null);
    }

    private static SlotCause cause(@Nullable String user) {
        return new SlotCause(SlotCause.Type.ENDPOINT, user == null ? null : "user " + user);
    }

    /**
     * Reads a duration that a request names.
     *
     * @throws IllegalArgumentException naming the parameter, its value and the rule
     */
    static @Nullable Duration duration(String name, @Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            Duration duration = DurationStyle.detectAndParse(text.strip());
            if (!duration.isNegative()) {
                return duration;
            }
        } catch (IllegalArgumentException | ArithmeticException e) {
            // told below
        }
        throw new IllegalArgumentException(
                "'" + name + "' must be a duration such as 30m, 500ms or PT30S, not negative: '" + text + "'");
    }

    /** A key of a map, made of its text: of a type whose values have one. */
    private static Object key(SlotMap<Object> map, String text) {
        Class<?> type = map.keyType();
        if (BeanUtils.isSimpleValueType(type)) {
            try {
                Object key = DefaultConversionService.getSharedInstance().convert(text, type);
                if (key != null && key.toString().equals(text)) {
                    return key;
                }
            } catch (ConversionException e) {
                // told below
            }
            throw new IllegalArgumentException(
                    "'" + text + "' is no key of map '" + map.name() + "': those are of type " + type.getName());
        }
        throw new IllegalArgumentException("keys of map '" + map.name() + "' are of type " + type.getName()
                + ", which cannot be read from text: only slots that exist can be started");
    }

    private <T> @Nullable T audited(
            Request request, String map, String target, @Nullable String targetText, Supplier<@Nullable T> action) {
        Object outcome = REFUSED;
        try {
            T done = action.get();
            outcome = done == null
                    ? NOT_FOUND
                    : done instanceof SlotMapActionDescriptor many ? many.outcomes() : done.toString();
            return done;
        } finally {
            Map<String, @Nullable Object> data = new LinkedHashMap<>();
            data.put("map", map);
            if (targetText != null) {
                data.put(target, shownKey.apply(targetText));
            }
            data.put("action", String.valueOf(request.action));
            data.put("outcome", outcome);
            audit.publishEvent(new AuditApplicationEvent(request.user == null ? "" : request.user, AUDIT_TYPE, data));
        }
    }
}
