package io.asyncslot.sample.tenant;

import io.asyncslot.ScopeReport;
import io.asyncslot.sample.ShopException;
import java.util.Map;
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
    private final TenantFeeds feeds;

    TenantController(TenantPoll poll, TenantFeeds feeds) {
        this.poll = poll;
        this.feeds = feeds;
    }

    record Tenant(String id, long polls, Map<String, Long> feeds) {}

    /** What the end of a tenant has stopped: how many feeds, and how many fetches still run. */
    record Stopped(long feeds, long running) {}

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
        return new Tenant(id, polls, feeds.fetched(id));
    }

    @PostMapping("/feeds/{feed}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void subscribe(@PathVariable String id, @PathVariable String feed) {
        feeds.subscribe(id, feed);
    }

    @DeleteMapping
    Stopped end(@PathVariable String id) throws InterruptedException {
        poll.end(id);
        ScopeReport report = feeds.stop(id);
        return new Stopped(report.deleted(), report.running());
    }
}
