package io.asyncslot.core;

import io.asyncslot.SlotCause;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Numbers for the causes that the histories of one map name, so that an entry needs no reference. Bounded: when there are
 * too many, further ones keep their type and lose their name. Thread-safe.
 */
final class Causes {

    static final int MOST = 1_024;

    private final Map<SlotCause, Integer> numbers = new ConcurrentHashMap<>();
    private final AtomicReferenceArray<@Nullable SlotCause> causes = new AtomicReferenceArray<>(MOST);
    private final AtomicInteger next = new AtomicInteger(1);

    /** Makes an empty one; each type without a name has its number from the beginning. */
    Causes() {
        for (SlotCause.Type type : SlotCause.Type.values()) {
            number(new SlotCause(type, null));
        }
    }

    /** The number of a cause; 0 for none. */
    int number(@Nullable SlotCause cause) {
        if (cause == null) {
            return 0;
        }
        Integer known = numbers.get(cause);
        if (known == null) {
            if (next.get() >= MOST) {
                return cause.name() == null ? 0 : number(new SlotCause(cause.type(), null));
            }
            known = numbers.computeIfAbsent(cause, this::add);
        }
        return known;
    }

    /** Called once for each cause. */
    private Integer add(SlotCause cause) {
        int number = next.getAndIncrement();
        if (number >= MOST) {
            return cause.name() == null ? 0 : numbers.getOrDefault(new SlotCause(cause.type(), null), 0);
        }
        causes.set(number, cause); // before anybody can note the number
        return number;
    }

    /** The cause that has a number; null for 0. */
    @Nullable
    SlotCause cause(int number) {
        return causes.get(number);
    }
}
