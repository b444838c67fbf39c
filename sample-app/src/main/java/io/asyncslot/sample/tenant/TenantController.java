package io.asyncslot.sample.tenant;

import io.asyncslot.sample.ShopException;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/tenants/{id}")
class TenantController {

    private final TenantPoll poll;

    TenantController(TenantPoll poll) {
        this.poll = poll;
    }

    record Tenant(String id, long polls) {}

    @PostMapping
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void begin(@PathVariable String id) {
        poll.begin(id);
    }

    @GetMapping
    Tenant find(@PathVariable String id) {
        Long polls = poll.polls().get(id);
        if (polls == null) {
            throw ShopException.notFound("tenant", id);
        }
        return new Tenant(id, polls);
    }

    @DeleteMapping
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void end(@PathVariable String id) {
        poll.end(id);
    }
}
