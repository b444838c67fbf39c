package com.example.liquibase;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/** Asks for its map in the constructor, before any other bean has asked for what Liquibase makes. */
@Component
@Profile("announcements")
public class Announcements {

    private final BlockingQueue<String> made = new LinkedBlockingQueue<>();
    private final TimerSlots<String> map;

    Announcements(AsyncSlotRegistry registry) {
        map = registry.register(TimerMapSpec.named("announcement", String.class)
                .callback((text, firing) -> made.add(text))
                .build());
    }

    public TimerSlots<String> map() {
        return map;
    }

    public BlockingQueue<String> made() {
        return made;
    }
}
