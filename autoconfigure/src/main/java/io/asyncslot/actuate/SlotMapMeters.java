package io.asyncslot.actuate;

import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import io.asyncslot.actuate.SlotMeterDocumentation.OutcomeTag;
import io.asyncslot.actuate.SlotMeterDocumentation.StateTag;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The meters of one map in one meter registry. Counters and gauges read the map's own counters. Thread-safe. */
final class SlotMapMeters {

    private final MeterRegistry registry;
    private final SlotMap<?> map;
    private final Tags tags;
    private final List<Meter> meters = new ArrayList<>();
    private final Timer lateness;
    private final Timer succeeded;
    private final Timer failed;

    SlotMapMeters(MeterRegistry registry, SlotMap<?> map) {
        this.registry = registry;
        this.map = map;
        this.tags = Tags.of(
                SlotMeterDocumentation.Tags.MAP.asString(),
                map.name(),
                SlotMeterDocumentation.Tags.BACKEND.asString(),
                map.backend(),
                SlotMeterDocumentation.Tags.TYPE.asString(),
                map.type().name().toLowerCase(Locale.ROOT));
        gauge(SlotMeterDocumentation.SLOTS, state("armed"), SlotMapStats::armed);
        gauge(SlotMeterDocumentation.SLOTS, state("running"), SlotMapStats::running);
        gauge(
                SlotMeterDocumentation.SLOTS,
                state("idle"),
                stats -> Math.max(0, stats.slots() - stats.armed() - stats.running()));
        gauge(SlotMeterDocumentation.SLOTS, state("paused"), SlotMapStats::paused);
        gauge(SlotMeterDocumentation.REFERENCES, tags, SlotMapStats::references);
        gauge(SlotMeterDocumentation.QUEUE, tags, SlotMapStats::queued);
        counter(SlotMeterDocumentation.STARTS, outcome("started"), SlotMapStats::started);
        counter(SlotMeterDocumentation.STARTS, outcome("rearmed"), SlotMapStats::rearmed);
        counter(SlotMeterDocumentation.STARTS, outcome("rejected"), SlotMapStats::rejected);
        counter(SlotMeterDocumentation.FIRED, tags, SlotMapStats::fired);
        counter(SlotMeterDocumentation.FAILURES, tags, SlotMapStats::failed);
        counter(SlotMeterDocumentation.RETRIES, tags, SlotMapStats::retried);
        counter(SlotMeterDocumentation.POSTPONED, tags, SlotMapStats::postponed);
        counter(SlotMeterDocumentation.COALESCED, tags, SlotMapStats::coalesced);
        counter(SlotMeterDocumentation.FALLBACKS, tags, SlotMapStats::fallbacks);
        counter(SlotMeterDocumentation.DROPPED, tags, SlotMapStats::dropped);
        this.lateness = timer(SlotMeterDocumentation.LATENESS, tags);
        this.succeeded = timer(SlotMeterDocumentation.CALLBACK, outcome("success"));
        this.failed = timer(SlotMeterDocumentation.CALLBACK, outcome("failure"));
    }

    /** Notes a callback that ended. */
    void completed(Duration late, Duration took, boolean failure) {
        lateness.record(late);
        (failure ? failed : succeeded).record(took);
    }

    /** Takes the meters out of their registry. */
    void remove() {
        meters.forEach(registry::remove);
    }

    private Timer timer(SlotMeterDocumentation meter, Tags withTags) {
        return keep(Timer.builder(meter.getName())
                .description(meter.description())
                .tags(withTags)
                .serviceLevelObjectives(meter.buckets().toArray(Duration[]::new))
                .register(registry));
    }

    private Tags state(String value) {
        return tags.and(Tag.of(StateTag.STATE.asString(), value));
    }

    private Tags outcome(String value) {
        return tags.and(Tag.of(OutcomeTag.OUTCOME.asString(), value));
    }

    private void gauge(SlotMeterDocumentation meter, Tags withTags, ToDoubleFunction<SlotMapStats> value) {
        keep(Gauge.builder(meter.getName(), map, present -> value.applyAsDouble(present.stats()))
                .description(meter.description())
                .tags(withTags)
                .register(registry));
    }

    private void counter(SlotMeterDocumentation meter, Tags withTags, ToDoubleFunction<SlotMapStats> value) {
        keep(FunctionCounter.builder(meter.getName(), map, present -> value.applyAsDouble(present.stats()))
                .description(meter.description())
                .tags(withTags)
                .register(registry));
    }

    private <M extends Meter> M keep(M meter) {
        meters.add(meter);
        return meter;
    }
}
