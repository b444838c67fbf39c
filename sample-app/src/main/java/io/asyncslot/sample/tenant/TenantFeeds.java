package io.asyncslot.sample.tenant;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.ScopeReport;
import io.asyncslot.SlotScope;
import io.asyncslot.annotation.TimerSlot;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;

/** Fetches the feeds that a tenant has subscribed to. All of a tenant's slots are in one scope, and end with it. */
@Component
public class TenantFeeds {

    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final AsyncSlotRegistry registry;
    private final Map<String, Long> fetched = new ConcurrentHashMap<>();

    TenantFeeds(AsyncSlotRegistry registry) {
        this.registry = registry;
    }

    @TimerSlot(map = "tenant-feed", every = "${shop.tenant-poll}")
    void fetch(String feed) {
        fetched.merge(feed, 1L, Long::sum);
    }

    void subscribe(String tenant, String feed) {
        scope(tenant).timers("tenant-feed", String.class).start(prefix(tenant) + feed);
    }

    /** Stops everything of a tenant: afterwards nothing of it is armed, and nothing of it runs. */
    ScopeReport stop(String tenant) throws InterruptedException {
        ScopeReport report = scope(tenant).close(LIMIT);
        fetched.keySet().removeIf(feed -> feed.startsWith(prefix(tenant)));
        return report;
    }

    /** How often each feed of a tenant was fetched. */
    Map<String, Long> fetched(String tenant) {
        Map<String, Long> feeds = new TreeMap<>(fetched);
        feeds.keySet().removeIf(feed -> !feed.startsWith(prefix(tenant)));
        return feeds;
    }

    private SlotScope scope(String tenant) {
        return registry.scope("tenant " + tenant);
    }

    private static String prefix(String tenant) {
        return tenant + "/";
    }
}
