package io.asyncslot.sample.tenant;

import io.asyncslot.annotation.DeleteSlot;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;

/** Polls each tenant at a fixed rate, from the day it comes until it goes. */
@Component
public class TenantPoll {

    private final Map<String, Long> polls = new ConcurrentHashMap<>();

    @StartSlot(map = "tenant-poll", key = "#tenant")
    public void begin(String tenant) {
        polls.putIfAbsent(tenant, 0L);
    }

    @TimerSlot(map = "tenant-poll", every = "${shop.tenant-poll}")
    void poll(String tenant) {
        polls.computeIfPresent(tenant, (name, count) -> count + 1);
    }

    @DeleteSlot(map = "tenant-poll", key = "#tenant")
    public void end(String tenant) {
        polls.remove(tenant);
    }

    public Map<String, Long> polls() {
        return Map.copyOf(polls);
    }
}
