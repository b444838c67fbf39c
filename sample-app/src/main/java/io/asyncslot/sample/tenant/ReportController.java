package io.asyncslot.sample.tenant;

import io.asyncslot.SlotSnapshot;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/tenants/{id}/report")
class ReportController {

    private final TenantReports reports;

    ReportController(TenantReports reports) {
        this.reports = reports;
    }

    record Times(String cron, String zone) {}

    record Planned(String schedule, @Nullable Instant next) {}

    @PutMapping
    Planned schedule(@PathVariable String id, @RequestBody Times times) {
        SlotSnapshot slot = reports.schedule(id, times.cron(), times.zone());
        return new Planned(String.valueOf(slot.schedule()), slot.deadline());
    }

    @GetMapping
    List<Instant> written(@PathVariable String id) {
        return reports.written(id);
    }

    @DeleteMapping
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void stop(@PathVariable String id) {
        reports.stop(id);
    }
}
