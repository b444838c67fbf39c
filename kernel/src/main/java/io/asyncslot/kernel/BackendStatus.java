package io.asyncslot.kernel;

import io.asyncslot.BackendReport;
import io.asyncslot.backend.Shown;
import io.asyncslot.core.LocalContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What the backend says of itself while it is in use. Reads what others own; has no state. */
final class BackendStatus {

    /** How many damaged records a reason names. */
    private static final int SHOWN = 5;

    private BackendStatus() {}

    /**
     * Looks at an engine.
     *
     * @param found what the probe found
     */
    static BackendReport of(
            BackendReport found,
            KernelEngine engine,
            LocalContext context,
            KernelFeatures features,
            KernelOptions options,
            HandOver handOver) {
        Map<String, Object> details = new LinkedHashMap<>(found.details());
        details.put("running", engine.isRunning());
        details.put("inFlight", engine.inFlight().count());
        details.put("waitForThread", context.runQueue().waiting());
        details.put("kernel", features.release());
        details.put("program", features.program());
        details.put("cancelAsync", features.cancelAsync());
        details.put("referenceCount", features.referenceCount() ? "available" : Inspection.NOT_AVAILABLE);
        details.put("pinned", features.pinned());
        details.put("fallback", options.fallback().name().toLowerCase(Locale.ROOT));
        engine.report(details);
        List<String> reasons = new ArrayList<>(found.available() ? found.reasons() : List.of());
        if (handOver.isEndingRuns()) {
            reasons.add(HandOver.ENDING_RUNS);
        }
        if (details.get("fallbacksNow") instanceof Integer refused && refused > 0) {
            reasons.add(refused + " slots are measured in this JVM, because the kernel refused them");
        }
        String trouble = engine.pinTrouble();
        if (trouble != null) {
            details.put("pinned", false);
            reasons.add(trouble);
        }
        Map<Integer, String> damaged = engine.records().damaged();
        if (!damaged.isEmpty()) {
            reasons.add(damaged.size() + " records in the shared memory are not valid: they are kept, but do not run: "
                    + shown(damaged));
        }
        if (details.get("orphans") instanceof Map<?, ?> orphans) {
            orphans.forEach((map, count) -> reasons.add(
                    count + " slots of map '" + map + "' wait in the kernel: no map of this name is registered"));
        }
        Throwable failure = engine.failures().present();
        if (failure != null) {
            reasons.add("the thread that waits for the kernel failed and is restarted: " + Shown.of(failure));
        }
        return new BackendReport(KernelBackend.NAME, failure == null, List.copyOf(reasons), details);
    }

    private static String shown(Map<Integer, String> damaged) {
        String first = damaged.entrySet().stream()
                .limit(SHOWN)
                .map(entry -> "record " + entry.getKey() + " (" + entry.getValue() + ")")
                .collect(Collectors.joining(", "));
        return damaged.size() > SHOWN ? first + " and others" : first;
    }
}
