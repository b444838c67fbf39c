package com.example.security;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Its map comes with the first request, so that the threads of the callbacks do, too. */
@RestController
public class ReportController {

    private final AsyncSlotRegistry registry;
    private final BlockingQueue<String> users = new LinkedBlockingQueue<>();

    ReportController(AsyncSlotRegistry registry) {
        this.registry = registry;
    }

    @PostMapping("/reports/{id}")
    String order(@PathVariable String id) {
        return String.valueOf(map().start(id, Duration.ofMillis(20)));
    }

    private synchronized TimerSlots<String> map() {
        Optional<SlotMap<?>> present = registry.map("report");
        return present.isPresent()
                ? registry.timers("report", String.class)
                : registry.register(TimerMapSpec.named("report", String.class)
                        .callback((key, firing) -> users.add(user()))
                        .build());
    }

    private static String user() {
        Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
        return authentication == null ? "nobody" : authentication.getName();
    }

    /** On whose behalf callbacks have run. */
    public BlockingQueue<String> users() {
        return users;
    }
}
