package io.asyncslot.sample.webhook;

import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.stereotype.Component;

/** Delivers the latest event of an endpoint once that has been quiet for a while, and no later than a cap. */
@Component
public class Webhooks {

    private final Map<String, List<Event>> delivered = new ConcurrentHashMap<>();

    /**
     * Something happened that an endpoint wants to know.
     *
     * @param endpoint who wants to know
     * @param text what happened
     */
    public record Event(String endpoint, String text) {}

    @StartSlot(map = "webhook", key = "#event.endpoint", value = "#event")
    public void received(Event event) {}

    /** On the jvm backend in every profile: the others keep neither caps nor batches. */
    @TimerSlot(map = "webhook", delay = "${shop.webhook-quiet}", maxWait = "${shop.webhook-cap}", backend = "jvm")
    void deliver(String endpoint, Event last) {
        delivered
                .computeIfAbsent(endpoint, name -> new CopyOnWriteArrayList<>())
                .add(last);
    }

    List<Event> delivered(String endpoint) {
        return List.copyOf(delivered.getOrDefault(endpoint, List.of()));
    }
}
