package io.asyncslot.sample.tenant;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotSchedule;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.sample.ShopException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.stereotype.Component;

/** A report for each tenant, at the times that it wants, in its own time zone. */
@Component
public class TenantReports {

    private final TimerSlots<String> slots;
    private final Map<String, List<Instant>> written = new ConcurrentHashMap<>();

    TenantReports(AsyncSlotRegistry registry) {
        this.slots = registry.timers("report", String.class);
    }

    /** On the jvm backend in every profile: the others keep no schedules of keys. */
    @TimerSlot(map = "report", keySchedules = true, backend = "jvm")
    void write(String tenant, SlotFiring firing) {
        written.computeIfAbsent(tenant, name -> new CopyOnWriteArrayList<>()).add(firing.deadline());
    }

    /** From now on, in place of what there was. */
    SlotSnapshot schedule(String tenant, String cron, String zone) {
        try {
            slots.start(tenant, SlotSchedule.cron(cron, ZoneId.of(zone)));
        } catch (DateTimeException | IllegalArgumentException e) {
            throw ShopException.badRequest(
                    "the report of a tenant needs a cron expression and a time zone: " + e.getMessage());
        }
        return slots.find(tenant).orElseThrow(() -> ShopException.notFound("report of tenant", tenant));
    }

    void stop(String tenant) {
        slots.delete(tenant);
    }

    List<Instant> written(String tenant) {
        return List.copyOf(written.getOrDefault(tenant, List.of()));
    }
}
