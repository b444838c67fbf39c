package io.asyncslot.sample.audit;

import io.asyncslot.Merge;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.stereotype.Component;

/** Writes entries of a tenant in batches: as soon as there are enough, or some time after the first one. */
@Component
public class AuditLog {

    private final Map<String, List<List<String>>> batches = new ConcurrentHashMap<>();

    @StartSlot(map = "audit", key = "#tenant", value = "#entry")
    public void audited(String tenant, String entry) {}

    /** On the jvm backend in every profile: the others keep neither caps nor batches. */
    @TimerSlot(
            map = "audit",
            delay = "${shop.audit-wait}",
            maxWait = "${shop.audit-wait}",
            merge = Merge.COLLECT,
            flushAt = 5,
            backend = "jvm")
    void write(String tenant, List<String> entries) {
        batches.computeIfAbsent(tenant, name -> new CopyOnWriteArrayList<>()).add(List.copyOf(entries));
    }

    List<List<String>> batches(String tenant) {
        return List.copyOf(batches.getOrDefault(tenant, List.of()));
    }
}
