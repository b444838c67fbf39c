package io.asyncslot.actuate;

import io.asyncslot.SlotMap;
import io.asyncslot.SlotSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which slots of a map a list shows, and in which order. Immutable.
 *
 * @param filter which slots match
 * @param order the order of the list; null for none, which ends the search as soon as the page is full
 * @param pageNumber which page, counted from 0
 * @param limit how many slots a page has
 * @param departed whether to look at slots too that were freed: where idle slots are, one that failed is gone
 */
record SlotQuery(Predicate<SlotSnapshot> filter, @Nullable Order order, int pageNumber, int limit, boolean departed) {

    /** How many slots an ordered list can be paged through: what one request may have to hold. */
    static final int MAX_ORDERED = 100_000;

    /**
     * A query as it was written; null where nothing is said.
     *
     * @param state a name of {@link SlotStateFilter}
     * @param prefix what keys begin with
     * @param within a duration
     * @param sort a name of {@link Order}
     * @param page a number
     * @param limit a number
     */
    record Text(
            @Nullable String state,
            @Nullable String prefix,
            @Nullable String within,
            @Nullable String sort,
            @Nullable String page,
            @Nullable String limit) {

        boolean isEmpty() {
            return state == null && prefix == null && within == null && sort == null && page == null && limit == null;
        }
    }

    /**
     * Some slots that match.
     *
     * @param slots the slots, in order
     * @param more whether further ones match
     */
    record Page(List<SlotSnapshot> slots, boolean more) {}

    /** What lists can be ordered by, the earliest first. Slots without such a time are left out of the list. */
    enum Order {
        DEADLINE(SlotSnapshot::deadline),
        RUNNING(slot -> slot.runState().isRunning() ? firedAt(slot) : null),
        PAUSED(SlotSnapshot::pausedSince),
        FAILED(slot -> SlotStateFilter.FAILED.test(slot) ? firedAt(slot) : null);

        @SuppressWarnings("ImmutableEnumChecker") // the functions have no state
        private final Function<SlotSnapshot, @Nullable Instant> time;

        Order(Function<SlotSnapshot, @Nullable Instant> time) {
            this.time = time;
        }

        private static @Nullable Instant firedAt(SlotSnapshot slot) {
            SlotSnapshot.LastFiring firing = slot.lastFiring();
            return firing == null ? null : firing.firedAt();
        }

        static @Nullable Order of(@Nullable String name) {
            if (name == null) {
                return null;
            }
            return Arrays.stream(values())
                    .filter(order -> order.name().equals(name.strip().toUpperCase(Locale.ROOT)))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "'sort' must be one of " + Arrays.toString(values()) + ": '" + name + "'"));
        }
    }

    /**
     * Reads a query.
     *
     * @throws IllegalArgumentException naming the parameter, its value and the rule
     */
    static SlotQuery of(Text text) {
        SlotStateFilter state = SlotStateFilter.of(text.state);
        Duration within = SlotWrites.duration("within", text.within);
        Order order = Order.of(text.sort);
        int limit = limit(text.limit);
        int page = number("page", text.page, 0, 0, MAX_ORDERED / limit - 1);
        if (order == null && page > 0) {
            throw new IllegalArgumentException("'page' requires 'sort': without an order there are no pages");
        }
        String prefix = text.prefix;
        return new SlotQuery(
                slot -> state.test(slot)
                        && (within == null || SlotStateFilter.isDueWithin(slot, within))
                        && (prefix == null || slot.key().toString().startsWith(prefix)),
                order,
                page,
                limit,
                state == SlotStateFilter.FAILED || order == Order.FAILED);
    }

    /** The slots with a prefix that a command would change. */
    static SlotQuery of(SlotCommand command, String prefix, int limit) {
        return new SlotQuery(
                slot -> command.concerns(slot) && slot.key().toString().startsWith(prefix),
                null,
                0,
                limit,
                command.isOfFailedFiring());
    }

    /** How many slots to show or to act on. */
    static int limit(@Nullable String text) {
        return number("limit", text, AsyncSlotsEndpoint.DEFAULT_LIMIT, 1, AsyncSlotsEndpoint.MAX_LIMIT);
    }

    private static int number(String name, @Nullable String text, int unset, int least, int most) {
        if (text == null) {
            return unset;
        }
        String given = "'" + text + "'";
        try {
            int number = Integer.parseInt(text.strip());
            if (number >= least && number <= most) {
                return number;
            }
            given = String.valueOf(number);
        } catch (NumberFormatException e) {
            // told below
        }
        throw new IllegalArgumentException("'" + name + "' must be " + least + " to " + most + ": " + given);
    }

    /** Looks for the slots of the page. */
    Page page(SlotMap<?> map) {
        Order by = order;
        return by == null ? any(map) : ordered(map, by);
    }

    private Page any(SlotMap<?> map) {
        List<SlotSnapshot> slots = new ArrayList<>();
        scan(map, limit + 1, slots::add);
        return cut(slots, 0);
    }

    /** Goes over the whole map, and holds no more than what precedes the end of the page. */
    private Page ordered(SlotMap<?> map, Order by) {
        record Timed(Instant time, SlotSnapshot slot) {}
        Comparator<Timed> order = Comparator.comparing(Timed::time)
                .thenComparing(timed -> timed.slot().key().toString());
        int wanted = (pageNumber + 1) * limit + 1;
        PriorityQueue<Timed> first = new PriorityQueue<>(order.reversed());
        scan(map, Integer.MAX_VALUE, slot -> {
            Instant time = by.time.apply(slot);
            if (time == null) {
                return;
            }
            first.add(new Timed(time, slot));
            if (first.size() > wanted) {
                first.poll(); // the last one
            }
        });
        return cut(first.stream().sorted(order).map(Timed::slot).toList(), pageNumber * limit);
    }

    /** Visits slots that match, and what is remembered of freed ones whose key has had no later firing. */
    private void scan(SlotMap<?> map, int most, Consumer<SlotSnapshot> visitor) {
        Map<String, SlotSnapshot> gone = new LinkedHashMap<>();
        if (departed) {
            map.scanDeparted(
                    Integer.MAX_VALUE, filter, slot -> gone.put(slot.key().toString(), slot));
        }
        Predicate<SlotSnapshot> live = gone.isEmpty()
                ? filter
                : slot -> {
                    if (slot.lastFiring() != null) {
                        gone.remove(slot.key().toString());
                    }
                    return filter.test(slot);
                };
        int found = map.scan(most, live, visitor);
        gone.values().stream().limit(most - (long) found).forEach(visitor);
    }

    private Page cut(List<SlotSnapshot> slots, int from) {
        int to = Math.min(slots.size(), from + limit);
        return new Page(from >= to ? List.of() : slots.subList(from, to), slots.size() > from + limit);
    }
}
