package io.asyncslot.sample.audit;

import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/tenants/{id}/audit")
class AuditController {

    private final AuditLog log;

    AuditController(AuditLog log) {
        this.log = log;
    }

    record Entry(String text) {}

    @PostMapping
    @ResponseStatus(HttpStatus.ACCEPTED)
    void audited(@PathVariable String id, @RequestBody Entry entry) {
        log.audited(id, entry.text());
    }

    @GetMapping
    List<List<String>> batches(@PathVariable String id) {
        return log.batches(id);
    }
}
