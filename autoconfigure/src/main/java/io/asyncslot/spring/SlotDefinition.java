package io.asyncslot.spring;

import io.asyncslot.LatePolicy;
import io.asyncslot.Merge;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.SlotRole;
import io.asyncslot.SlotType;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.annotation.DstPolicy;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One map as an annotated method describes it, placeholders resolved, before properties had their say. Immutable.
 *
 * @param map the map's name
 * @param type timer or work
 * @param keyType the type of its keys
 * @param settings what the annotation says
 * @param merging what values the slots carry
 * @param callback calls the method
 * @param fallback calls the method for firings that are given up; null for none
 * @param beanName the bean of the method
 * @param place annotation, method and bean, for messages
 */
record SlotDefinition(
        String map,
        SlotType type,
        Class<?> keyType,
        SlotMapSettings settings,
        SlotMerging merging,
        SlotCallback<Object> callback,
        @Nullable SlotFallback fallback,
        String beanName,
        String place) {

    /**
     * The spec of the map.
     *
     * @param override what properties say
     * @param backend the backend, or null for the registry's default
     * @param historySize how many transitions a slot remembers unless properties of the map say
     */
    SlotMapSpec<?> spec(SlotMapSettings override, @Nullable String backend, int historySize) {
        if (type == SlotType.WORK && !override.ofTime().isEmpty()) {
            List<String> properties = override.ofTime().stream()
                    .map(name -> "'asyncslot.maps." + map + "." + name + "'")
                    .toList();
            throw new SlotConfigurationException(
                    "The properties " + String.join(", ", properties) + " say when a slot is due, but " + place
                            + " binds a work map, whose slots are due immediately.",
                    "Remove the properties, or bind the map with @TimerSlot.");
        }
        if (type == SlotType.TIMER && override.minInterval() != null) {
            throw new SlotConfigurationException(
                    "The property 'asyncslot.maps." + map + ".min-interval' spaces the runs of work items, but " + place
                            + " binds a timer map, whose starts say when it is due.",
                    "Remove the property, or bind the map with @WorkSlot.");
        }
        try {
            return type == SlotType.TIMER
                    ? timerSpec(keyType, override, backend, historySize)
                    : common(WorkMapSpec.named(map, keyType), override, backend, historySize)
                            .minInterval(
                                    override.minInterval() == null ? settings.minInterval() : override.minInterval())
                            .build();
        } catch (IllegalArgumentException e) {
            throw new SlotConfigurationException(
                    place + " or 'asyncslot.maps." + map + "' describes an impossible map: " + e.getMessage() + ".",
                    "Correct the value in the annotation, or the property that overrides it.",
                    e);
        }
    }

    /**
     * The guards of the map.
     *
     * @param override what properties say; an empty name there means none
     */
    SlotGuardSpec guards(SlotMapSettings override) {
        SlotMapSettings.Resilience resilience = override.resilience();
        return new SlotGuardSpec(
                map,
                named(override.retry(), settings.retry()),
                named(override.circuitBreaker(), settings.circuitBreaker()),
                named(override.bulkhead(), settings.bulkhead()),
                named(override.rateLimiter(), settings.rateLimiter()),
                named(override.timeLimiter(), settings.timeLimiter()),
                first(resilience == null ? null : resilience.whenOpen(), null, WhenOpen.WAIT),
                fallback,
                place);
    }

    private static @Nullable String named(@Nullable String override, @Nullable String annotated) {
        String name = override == null ? annotated : override;
        return name == null || name.isBlank() ? null : name;
    }

    private <K> TimerMapSpec<K> timerSpec(
            Class<K> type, SlotMapSettings override, @Nullable String backend, int historySize) {
        TimerMapSpec.Builder<K> builder = common(TimerMapSpec.named(map, type), override, backend, historySize);
        boolean series = override.every() != null || override.cron() != null;
        Duration every = series ? override.every() : settings.every();
        String cron = series ? override.cron() : settings.cron();
        String zone = first(override.zone(), series && cron == null ? null : settings.zone(), "");
        if (cron == null && !zone.isEmpty()) {
            throw new IllegalArgumentException(
                    "'zone' is '" + zone + "' but there is no cron expression to read in it");
        }
        boolean disabled = cron != null && cron.strip().equals(CronSchedule.DISABLED);
        Duration delay = override.delay() == null ? settings.delay() : override.delay();
        return builder.delay(disabled ? null : delay)
                .every(every)
                .schedule(
                        cron == null
                                ? null
                                : disabled
                                        ? CronSchedule.NEVER
                                        : CronSchedule.parse(
                                                cron, zone, first(override.dst(), settings.dst(), DstPolicy.ONCE)))
                .clock(first(override.clock(), settings.clock(), SlotClock.MONOTONIC))
                .late(first(override.late(), settings.late(), LatePolicy.ONCE))
                .maxWait(override.maxWait() == null ? settings.maxWait() : override.maxWait())
                .flushAt(first(override.flushAt(), settings.flushAt(), 0))
                .keySchedules(first(override.keySchedules(), settings.keySchedules(), false))
                .build();
    }

    private <K, B extends SlotMapSpec.Builder<K, B>> B common(
            B builder, SlotMapSettings override, @Nullable String backend, int historySize) {
        return builder.callback(callback)
                .backend(backend)
                .role(first(override.role(), null, SlotRole.WORKER))
                .concurrency(first(override.concurrency(), settings.concurrency(), 0))
                .maxEntries(first(override.maxEntries(), settings.maxEntries(), 0))
                .whenIdle(first(override.whenIdle(), settings.whenIdle(), WhenIdle.FREE))
                .values(merging.values(
                        first(override.merge(), settings.merge(), Merge.LAST),
                        first(override.maxValues(), settings.maxValues(), 0)))
                .historySize(first(override.historySize(), null, historySize));
    }

    private static <T> T first(@Nullable T override, @Nullable T annotated, T fallback) {
        return override != null ? override : annotated != null ? annotated : fallback;
    }
}
