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

    private static final Duration[] LATENESS_BUCKETS = {
        Duration.ofNanos(50_000),
        Duration.ofNanos(100_000),
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofSeconds(1),
        Duration.ofSeconds(10)
    };

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
        gauge(SlotMeterDocumentation.REFERENCES, tags, SlotMapStats::references);
        gauge(SlotMeterDocumentation.QUEUE, tags, SlotMapStats::queued);
        counter(SlotMeterDocumentation.STARTS, outcome("started"), SlotMapStats::started);
        counter(SlotMeterDocumentation.STARTS, outcome("rearmed"), SlotMapStats::rearmed);
        counter(SlotMeterDocumentation.STARTS, outcome("rejected"), SlotMapStats::rejected);
        counter(SlotMeterDocumentation.FIRED, tags, SlotMapStats::fired);
        counter(SlotMeterDocumentation.FAILURES, tags, SlotMapStats::failed);
        counter(SlotMeterDocumentation.COALESCED, tags, SlotMapStats::coalesced);
        counter(SlotMeterDocumentation.FALLBACKS, tags, SlotMapStats::fallbacks);
        counter(SlotMeterDocumentation.DROPPED, tags, SlotMapStats::dropped);
        this.lateness = keep(Timer.builder(SlotMeterDocumentation.LATENESS.getName())
                .description("Time from the deadline to the begin of the callback")
                .tags(tags)
                .serviceLevelObjectives(LATENESS_BUCKETS)
                .register(registry));
        this.succeeded = callbackTimer("success");
        this.failed = callbackTimer("failure");
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

    private Timer callbackTimer(String outcome) {
        return keep(Timer.builder(SlotMeterDocumentation.CALLBACK.getName())
                .description("Time that callbacks ran")
                .tags(outcome(outcome))
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
                .tags(withTags)
                .register(registry));
    }

    private void counter(SlotMeterDocumentation meter, Tags withTags, ToDoubleFunction<SlotMapStats> value) {
        keep(FunctionCounter.builder(meter.getName(), map, present -> value.applyAsDouble(present.stats()))
                .tags(withTags)
                .register(registry));
    }

    private <M extends Meter> M keep(M meter) {
        meters.add(meter);
        return meter;
    }
}
