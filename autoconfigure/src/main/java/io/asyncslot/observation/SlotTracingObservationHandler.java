package io.asyncslot.observation;

import io.asyncslot.ArmingContext;
import io.micrometer.observation.Observation;
import io.micrometer.tracing.Link;
import io.micrometer.tracing.Span;
import io.micrometer.tracing.TraceContext;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.handler.DefaultTracingObservationHandler;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;

/**
 * Makes the span of a run and ties it to the span that was current where the slot was armed. That one is an arming
 * context, to be given to the registry: only its identity is kept, not the span. Immutable, thread-safe.
 */
public final class SlotTracingObservationHandler extends DefaultTracingObservationHandler implements Ordered {

    private final TraceContinuity continuity;
    private final ArmingContext<TraceContext> armingTrace;

    /**
     * Makes a handler.
     *
     * @param tracer makes the spans
     * @param continuity how they are tied
     */
    public SlotTracingObservationHandler(Tracer tracer, TraceContinuity continuity) {
        super(tracer);
        this.continuity = continuity;
        this.armingTrace = () -> current(tracer);
    }

    private static @Nullable TraceContext current(Tracer tracer) {
        return tracer.currentTraceContext().context();
    }

    /**
     * What takes down the current span where a slot is armed.
     *
     * @return the arming context; null if traces are not tied
     */
    public @Nullable ArmingContext<?> armingTrace() {
        return continuity == TraceContinuity.NONE || getTracer() == Tracer.NOOP ? null : armingTrace;
    }

    /** Before Micrometer's own handlers, of which the first that supports a context gets it. */
    @Override
    public int getOrder() {
        return 0;
    }

    @Override
    public boolean supportsContext(Observation.Context context) {
        return context instanceof SlotObservationContext;
    }

    @Override
    public void onStart(Observation.Context context) {
        TraceContext armedIn = ((SlotObservationContext) context).firing().armedIn(armingTrace);
        Span.Builder span = getTracer().spanBuilder().name(getSpanName(context));
        if (armedIn == null) {
            span.setNoParent();
        } else if (continuity == TraceContinuity.PARENT) {
            span.setParent(armedIn);
        } else {
            span.setNoParent().addLink(new Link(armedIn));
        }
        getTracingContext(context).setSpan(span.start());
    }
}
