package io.asyncslot.observation;

import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import io.asyncslot.spi.SlotInterceptor;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;

/**
 * Makes an observation of every run of a callback. With an observation registry that nobody listens to it calls the
 * callback and does nothing else. Immutable, thread-safe.
 */
public final class ObservedRuns implements SlotInterceptor, Ordered {

    /** Outside whatever guards a callback, so that this is observed as well. */
    public static final int ORDER = -1000;

    private final ObservationRegistry registry;
    private final @Nullable SlotObservationConvention custom;
    private final SlotObservationConvention standard;

    /**
     * Makes an interceptor.
     *
     * @param registry where observations go
     * @param custom the application's own convention; null for the default one
     * @param withKey whether the default convention gives spans the slot's key
     */
    public ObservedRuns(ObservationRegistry registry, @Nullable SlotObservationConvention custom, boolean withKey) {
        this.registry = registry;
        this.custom = custom;
        this.standard = new DefaultSlotObservationConvention(withKey);
    }

    @Override
    public int getOrder() {
        return ORDER;
    }

    @Override
    public void run(Object key, SlotFiring firing, SlotCallback<Object> next) throws Exception {
        if (registry.isNoop()) {
            next.run(key, firing);
            return;
        }
        SlotObservationContext context = new SlotObservationContext(firing);
        Observation observation =
                SlotObservationDocumentation.FIRING.observation(custom, standard, () -> context, registry);
        observation.observeChecked(() -> {
            next.run(key, firing);
            context.complete();
        });
    }
}
