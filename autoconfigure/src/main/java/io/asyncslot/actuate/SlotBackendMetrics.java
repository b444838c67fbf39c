package io.asyncslot.actuate;

import io.asyncslot.AsyncSlotRegistry;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/** Counts what the jvm backend had to put right: {@code asyncslot.recovered} and {@code asyncslot.lost.by.executor}. Thread-safe. */
public final class SlotBackendMetrics implements MeterBinder {

    private static final String BACKEND = "jvm";

    private final AsyncSlotRegistry slots;

    /**
     * Makes a binder.
     *
     * @param slots whose backend is asked at each scrape
     */
    public SlotBackendMetrics(AsyncSlotRegistry slots) {
        this.slots = slots;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        if (slots.backends().stream().anyMatch(report -> report.name().equals(BACKEND))) {
            counter(SlotMeterDocumentation.RECOVERED, "recovered", registry);
            counter(SlotMeterDocumentation.LOST_BY_EXECUTOR, "lostByExecutor", registry);
        }
    }

    private void counter(SlotMeterDocumentation meter, String detail, MeterRegistry registry) {
        FunctionCounter.builder(meter.getName(), slots, asked -> counted(asked, detail))
                .description(meter.description())
                .tag(SlotMeterDocumentation.Tags.BACKEND.asString(), BACKEND)
                .register(registry);
    }

    private static double counted(AsyncSlotRegistry slots, String detail) {
        return slots.backends().stream()
                .filter(report -> report.name().equals(BACKEND))
                .map(report -> report.details().get(detail))
                .filter(Number.class::isInstance)
                .mapToDouble(count -> ((Number) count).doubleValue())
                .sum();
    }
}
