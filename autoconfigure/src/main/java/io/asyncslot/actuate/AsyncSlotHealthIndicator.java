package io.asyncslot.actuate;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendReport;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import io.asyncslot.spring.BackendSelection;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Tells whether slots fire. UP while callbacks are run, also where a backend had to do without something, which the
 * details then say; OUT_OF_SERVICE while the registry is stopped or drains; DOWN when a backend that is in use reports
 * that it is not available, with its reasons. Thread-safe.
 */
public final class AsyncSlotHealthIndicator extends AbstractHealthIndicator {

    /** How the kernel backend names the slots that it has measured in this JVM. */
    private static final String FALLBACKS_NOW = "fallbacksNow";

    private final AsyncSlotRegistry registry;
    private final BackendSelection selection;

    /**
     * Makes an indicator.
     *
     * @param registry whose slots
     * @param selection which backend was asked for, and which one is used
     */
    public AsyncSlotHealthIndicator(AsyncSlotRegistry registry, BackendSelection selection) {
        super("the health check of AsyncSlot failed");
        this.registry = registry;
        this.selection = selection;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        Collection<SlotMap<?>> maps = registry.maps();
        List<SlotMapStats> stats = maps.stream().map(SlotMap::stats).toList();
        Set<String> used = Stream.concat(
                        Stream.of(selection.used()), maps.stream().map(SlotMap::backend))
                .collect(Collectors.toSet());
        List<BackendReport> reports = registry.backends().stream()
                .filter(report -> used.contains(report.name()))
                .toList();
        long running = sum(stats, SlotMapStats::running);
        boolean available = reports.stream().allMatch(BackendReport::available);
        if (!available) {
            builder.down();
        } else if (!registry.isRunning()) {
            builder.outOfService();
        } else {
            builder.up();
        }
        builder.withDetail("state", registry.isRunning() ? "running" : running > 0 ? "draining" : "stopped")
                .withDetail("backend", selection.used());
        if (isDegraded(reports)) {
            builder.withDetail("degradedTo", "jvm");
        }
        builder.withDetail("maps", maps.size())
                .withDetail("armed", sum(stats, SlotMapStats::armed))
                .withDetail("running", running);
        Map<String, List<String>> reasons = reasons(reports);
        if (!reasons.isEmpty()) {
            builder.withDetail("reasons", reasons);
        }
    }

    /** Whether slots that were meant for another backend are measured in this JVM. */
    private boolean isDegraded(List<BackendReport> reports) {
        return !selection.reasons().isEmpty()
                || reports.stream()
                        .anyMatch(report ->
                                report.details().get(FALLBACKS_NOW) instanceof Number slots && slots.longValue() > 0);
    }

    private Map<String, List<String>> reasons(List<BackendReport> reports) {
        Map<String, List<String>> reasons = new LinkedHashMap<>();
        if (!selection.reasons().isEmpty()) {
            reasons.put(selection.requested(), selection.reasons());
        }
        for (BackendReport report : reports) {
            if (!report.reasons().isEmpty()) {
                reasons.put(report.name(), report.reasons());
            }
        }
        return reasons;
    }

    private static long sum(List<SlotMapStats> stats, ToLongFunction<SlotMapStats> value) {
        return stats.stream().mapToLong(value).sum();
    }
}
