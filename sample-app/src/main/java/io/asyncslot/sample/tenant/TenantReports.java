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
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** A report for each tenant, at the times that it wants, in its own time zone. */
@Component
public class TenantReports {

    private final TimerSlots<String> slots;
    private final JdbcClient jdbc;

    TenantReports(AsyncSlotRegistry registry, JdbcClient jdbc) {
        this.jdbc = jdbc;
        this.slots = registry.timers("report", String.class);
    }

    /** A run that is delivered again after a crash finds its row, and writes no second one. */
    @TimerSlot(map = "report", keySchedules = true)
    void write(String tenant, SlotFiring firing) {
        OffsetDateTime due = firing.deadline().atOffset(ZoneOffset.UTC);
        jdbc.sql("insert into tenant_report (tenant, due) select ?, ?"
                        + " where not exists (select 1 from tenant_report where tenant = ? and due = ?)")
                .params(tenant, due, tenant, due)
                .update();
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
        return jdbc.sql("select due from tenant_report where tenant = ? order by due")
                .param(tenant)
                .query((row, number) -> row.getObject(1, OffsetDateTime.class).toInstant())
                .list();
    }
}
