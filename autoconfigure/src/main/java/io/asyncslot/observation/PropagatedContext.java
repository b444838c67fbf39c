package io.asyncslot.observation;

import io.asyncslot.ArmingContext;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import io.asyncslot.spi.SlotInterceptor;
import io.micrometer.context.ContextRegistry;
import io.micrometer.context.ContextSnapshot;
import io.micrometer.context.ContextSnapshotFactory;
import io.micrometer.context.integration.Slf4jThreadLocalAccessor;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;

/**
 * Lets callbacks run with the thread-local values of whoever armed the slot: those that a context registry of Micrometer
 * has accessors for, such as Spring Security's. Values that were not set there are not set in the callback either; what
 * the thread had before is put back. The current observation is left to {@link TraceContinuity}. Thread-safe.
 */
public final class PropagatedContext implements SlotInterceptor, ArmingContext<ContextSnapshot>, Ordered {

    /** Outside observations, so that their handlers see the values. */
    public static final int ORDER = ObservedRuns.ORDER - 1;

    /** The keys under which Micrometer keeps the observation and the span of a thread. */
    private static final Set<Object> LEFT_OUT = Set.of("micrometer.observation", "micrometer.tracing");

    private final ContextSnapshotFactory snapshots;

    /**
     * Makes an interceptor.
     *
     * @param registry the accessors, looked up in each arming and each run
     */
    public PropagatedContext(ContextRegistry registry) {
        this.snapshots = ContextSnapshotFactory.builder()
                .contextRegistry(registry)
                .captureKeyPredicate(PropagatedContext::isOurs)
                .clearMissing(true)
                .build();
    }

    private static boolean isOurs(Object key) {
        return !LEFT_OUT.contains(key);
    }

    /**
     * Makes an interceptor for the logging context (MDC) alone.
     *
     * @return the interceptor
     */
    public static PropagatedContext ofLogging() {
        return new PropagatedContext(new ContextRegistry().registerThreadLocalAccessor(new Slf4jThreadLocalAccessor()));
    }

    @Override
    public int getOrder() {
        return ORDER;
    }

    @Override
    public ContextSnapshot capture() {
        return snapshots.captureAll();
    }

    @Override
    public void run(Object key, SlotFiring firing, SlotCallback<Object> next) throws Exception {
        @Nullable ContextSnapshot armedIn = firing.armedIn(this);
        if (armedIn == null) {
            next.run(key, firing);
            return;
        }
        ContextSnapshot.Scope scope = armedIn.setThreadLocals(PropagatedContext::isOurs);
        try {
            next.run(key, firing);
        } finally {
            scope.close();
        }
    }
}
