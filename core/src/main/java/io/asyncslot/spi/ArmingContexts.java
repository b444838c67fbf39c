package io.asyncslot.spi;

import io.asyncslot.ArmingContext;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** All arming contexts of a registry, as one. Immutable, thread-safe. */
public final class ArmingContexts {

    private final List<ArmingContext<?>> sources;
    private final BiConsumer<ArmingContext<?>, Throwable> failed;

    /**
     * Combines arming contexts.
     *
     * @param sources the arming contexts, at least one
     * @param failed receives an arming context that has thrown, and what it threw; must not throw
     */
    public ArmingContexts(List<ArmingContext<?>> sources, BiConsumer<ArmingContext<?>, Throwable> failed) {
        if (sources.isEmpty()) {
            throw new IllegalArgumentException("'sources' must not be empty");
        }
        this.sources = List.copyOf(sources);
        this.failed = failed;
    }

    /**
     * Calls each of them. Never throws.
     *
     * @return what they captured, to be kept with the slot; null for nothing
     */
    public @Nullable Object capture() {
        if (sources.size() == 1) {
            return capture(sources.get(0));
        }
        @Nullable Object[] all = new @Nullable Object[sources.size()];
        boolean any = false;
        for (int i = 0; i < all.length; i++) {
            all[i] = capture(sources.get(i));
            any |= all[i] != null;
        }
        return any ? all : null;
    }

    private @Nullable Object capture(ArmingContext<?> source) {
        try {
            return source.capture();
        } catch (Throwable e) {
            failed.accept(source, e);
            return null;
        }
    }

    /**
     * Returns what one of them captured.
     *
     * @param <T> what it captures
     * @param source one of the arming contexts: the very object
     * @param captured the result of {@link #capture}
     * @return what it captured; null for nothing, or if it is none of them
     */
    @SuppressWarnings("unchecked") // what this source has answered
    public <T> @Nullable T of(ArmingContext<T> source, @Nullable Object captured) {
        for (int i = 0; i < sources.size() && captured != null; i++) {
            if (sources.get(i) == source) {
                return (T) (sources.size() == 1 ? captured : ((@Nullable Object[]) captured)[i]);
            }
        }
        return null;
    }
}
