package io.asyncslot.actuate;

import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import io.asyncslot.SlotMapTimes;
import io.asyncslot.SlotType;
import io.asyncslot.WhenIdle;
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
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The meters of one map in one meter registry. Counters and gauges read the map's own counters. Thread-safe. */
final class SlotMapMeters {

    private final MeterRegistry registry;
    private final SlotMap<?> map;
    private final Tags tags;
    private final List<Meter> meters = new ArrayList<>();
    private final Timer lateness;
    private final Timer succeeded;
    private final Timer failed;

    /** Backends that refuse no slot to have it measured elsewhere. */
    private static final Set<String> STANDS_ALONE = Set.of("jvm", "cluster");

    private static final SlotMapTimes NO_TIMES = new SlotMapTimes(Duration.ZERO, null, null);

    /** How long what a walk found is good for: as long as a scrape takes. */
    private static final long WALK_NANOS = 500_000_000;

    /** The latest walk. Any thread that reads gauges; volatile, two may walk at once. */
    private volatile @Nullable Walk walk;

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
        if (map.whenIdle() == WhenIdle.KEEP) {
            gauge(
                    SlotMeterDocumentation.SLOTS,
                    state("idle"),
                    stats -> Math.max(0, stats.slots() - stats.armed() - stats.running()));
        }
        gauge(SlotMeterDocumentation.SLOTS, state("paused"), SlotMapStats::paused);
        gauge(SlotMeterDocumentation.REFERENCES, tags, SlotMapStats::references);
        gauge(SlotMeterDocumentation.QUEUE, tags, SlotMapStats::queued);
        counter(SlotMeterDocumentation.STARTS, outcome("started"), SlotMapStats::started);
        if (map.type() == SlotType.TIMER) {
            counter(SlotMeterDocumentation.STARTS, outcome("rearmed"), SlotMapStats::rearmed);
        } else {
            counter(SlotMeterDocumentation.COALESCED, tags, SlotMapStats::coalesced);
        }
        counter(SlotMeterDocumentation.STARTS, outcome("rejected"), SlotMapStats::rejected);
        counter(SlotMeterDocumentation.FIRED, tags, SlotMapStats::fired);
        counter(SlotMeterDocumentation.FAILURES, tags, SlotMapStats::failed);
        counter(SlotMeterDocumentation.RETRIES, tags, SlotMapStats::retried);
        counter(SlotMeterDocumentation.POSTPONED, tags, SlotMapStats::postponed);
        if (!STANDS_ALONE.contains(map.backend())) {
            counter(SlotMeterDocumentation.FALLBACKS, tags, SlotMapStats::fallbacks);
        }
        counter(SlotMeterDocumentation.DROPPED, tags, SlotMapStats::dropped);
        map.times().ifPresent(times -> {
            seconds(SlotMeterDocumentation.OVERDUE, SlotMapTimes::oldestOverdue);
            if (times.longestRun() != null) {
                seconds(SlotMeterDocumentation.LONGEST_RUN, SlotMapTimes::longestRun);
            }
            seconds(SlotMeterDocumentation.NEXT_DEADLINE, SlotMapTimes::nextDeadline);
        });
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

    private void seconds(SlotMeterDocumentation meter, Function<SlotMapTimes, @Nullable Duration> value) {
        keep(Gauge.builder(meter.getName(), () -> seconds(value.apply(times())))
                .baseUnit(meter.getBaseUnit())
                .description(meter.description())
                .tags(tags)
                .register(registry));
    }

    private static double seconds(@Nullable Duration duration) {
        return duration == null ? Double.NaN : duration.toNanos() / 1e9;
    }

    /** One walk over the map for all gauges of a scrape. */
    private SlotMapTimes times() {
        Walk latest = walk;
        if (latest == null || System.nanoTime() - latest.at > WALK_NANOS) {
            latest = new Walk(System.nanoTime(), map.times().orElse(NO_TIMES));
            walk = latest;
        }
        return latest.times;
    }

    /** What a walk found, and when. */
    private record Walk(long at, SlotMapTimes times) {}

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
