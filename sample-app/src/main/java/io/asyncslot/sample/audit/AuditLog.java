package io.asyncslot.sample.audit;

import io.asyncslot.Merge;
import io.asyncslot.SlotFiring;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Writes entries of a tenant in batches: as soon as there are enough, or some time after the first one. */
@Component
public class AuditLog {

    private final JdbcClient jdbc;

    AuditLog(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    @StartSlot(map = "audit", key = "#tenant", value = "#entry")
    public void audited(String tenant, String entry) {}

    /** One transaction for each batch, which its generation names: one that is delivered again is written once. */
    @Transactional
    @TimerSlot(
            map = "audit",
            delay = "${shop.audit-wait}",
            maxWait = "${shop.audit-wait}",
            merge = Merge.COLLECT,
            flushAt = 5)
    public void write(String tenant, List<String> entries, SlotFiring firing) {
        long batch = firing.generation();
        if (jdbc.sql("select count(*) from audit_entry where tenant = ? and batch = ?")
                        .params(tenant, batch)
                        .query(Long.class)
                        .single()
                == 0) {
            entries.forEach(entry -> jdbc.sql("insert into audit_entry (tenant, batch, entry) values (?, ?, ?)")
                    .params(tenant, batch, entry)
                    .update());
        }
    }

    List<List<String>> batches(String tenant) {
        Map<Long, List<String>> batches = new LinkedHashMap<>();
        jdbc.sql("select batch, entry from audit_entry where tenant = ? order by id")
                .param(tenant)
                .query(row -> {
                    batches.computeIfAbsent(row.getLong(1), batch -> new ArrayList<>())
                            .add(row.getString(2));
                });
        return List.copyOf(batches.values());
    }
}
