package io.asyncslot.dashboard;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import io.asyncslot.dashboard.Overview.OneMap;
import io.asyncslot.spi.FailedFirings;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes overviews out of counters, and remembers those of the last minutes for rates. Used by one thread, but for {@link
 * #takeCensus}, which another one calls.
 */
final class Sampler {

    /** How many seconds rates go back. */
    static final int RATES = 180;

    /** How many samples the counters of "lately" go back: about a minute. */
    private static final int LATELY = 60;

    /** How many samples the rate of one map is taken over. */
    private static final int SMOOTH = 5;

    private final AsyncSlotRegistry registry;
    private final Firings firings;
    private final Clock clock;

    private final ArrayDeque<Sample> samples = new ArrayDeque<>();
    private final ArrayDeque<double[]> rates = new ArrayDeque<>();

    /** Written by whoever takes a census, read by whoever samples: volatile. */
    private volatile @Nullable Census census;

    Sampler(AsyncSlotRegistry registry, Firings firings, Clock clock) {
        this.registry = registry;
        this.firings = firings;
        this.clock = clock;
    }

    /**
     * The counters at one moment.
     *
     * @param nanos when, by {@link System#nanoTime}
     * @param maps what each map had fired and failed by then
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody changes them, or compares two of these
    private record Sample(long nanos, Map<String, long[]> maps, long[] lateness, long[] durations) {}

    /** Goes over all slots. */
    void takeCensus() {
        census = Census.take(registry.maps(), clock.instant());
    }

    /** The next overview. */
    Overview sample(long nanos) {
        Map<String, long[]> counters = new HashMap<>();
        List<OneMap> maps = new ArrayList<>();
        Sample first = samples.peekFirst();
        Sample smooth = samples.stream()
                .skip(Math.max(0, samples.size() - SMOOTH))
                .findFirst()
                .orElse(null);
        for (SlotMap<?> map : registry.maps()) {
            SlotMapStats stats = map.stats();
            counters.put(map.name(), new long[] {stats.fired(), stats.failed()});
            maps.add(new OneMap(
                    map.name(),
                    map.type().name().toLowerCase(Locale.ROOT),
                    map.backend(),
                    map instanceof FailedFirings,
                    map.pausedSince().orElse(null),
                    stats.slots(),
                    stats.armed(),
                    stats.running(),
                    stats.queued(),
                    stats.paused(),
                    stats.references(),
                    stats.fired(),
                    stats.failed(),
                    stats.dropped(),
                    smooth == null ? 0 : perSecond(rise(smooth, map.name(), 0, stats.fired()), nanos - smooth.nanos),
                    first == null ? 0 : rise(first, map.name(), 1, stats.failed())));
        }
        long[] lateness = firings.lateness();
        long[] durations = firings.durations();
        Sample latest = samples.peekLast();
        if (latest != null) {
            rates.addLast(new double[] {
                perSecond(total(latest, counters, 0), nanos - latest.nanos),
                perSecond(total(latest, counters, 1), nanos - latest.nanos)
            });
        }
        if (rates.size() > RATES) {
            rates.removeFirst();
        }
        samples.addLast(new Sample(nanos, counters, lateness, durations));
        if (samples.size() > LATELY) {
            samples.removeFirst();
        }
        return new Overview(
                clock.instant(),
                registry.isRunning(),
                maps,
                rates.stream().mapToDouble(rate -> rate[0]).toArray(),
                rates.stream().mapToDouble(rate -> rate[1]).toArray(),
                first == null ? new long[lateness.length] : minus(lateness, first.lateness),
                first == null ? new long[durations.length] : minus(durations, first.durations),
                census);
    }

    /** How much a counter of a map rose since a sample; a map that was not there then has not risen. */
    private static long rise(Sample since, String map, int counter, long now) {
        long[] then = since.maps.get(map);
        return then == null ? 0 : Math.max(0, now - then[counter]);
    }

    private static long total(Sample since, Map<String, long[]> now, int counter) {
        return now.entrySet().stream()
                .mapToLong(map -> rise(since, map.getKey(), counter, map.getValue()[counter]))
                .sum();
    }

    private static double perSecond(long count, long nanos) {
        return nanos <= 0 ? 0 : Math.round(count * 1e10 / nanos) / 10.0;
    }

    private static long[] minus(long[] now, long[] then) {
        long[] difference = new long[now.length];
        for (int i = 0; i < now.length; i++) {
            difference[i] = now[i] - then[i];
        }
        return difference;
    }
}
