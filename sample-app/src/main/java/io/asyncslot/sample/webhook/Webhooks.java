package io.asyncslot.sample.webhook;

import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Delivers the latest event of an endpoint once that has been quiet for a while, and no later than a cap. */
@Component
public class Webhooks {

    private final JdbcClient jdbc;

    Webhooks(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * Something happened that an endpoint wants to know.
     *
     * @param endpoint who wants to know
     * @param text what happened
     */
    public record Event(String endpoint, String text) {}

    @StartSlot(map = "webhook", key = "#event.endpoint", value = "#event")
    public void received(Event event) {}

    @TimerSlot(map = "webhook", delay = "${shop.webhook-quiet}", maxWait = "${shop.webhook-cap}")
    void deliver(String endpoint, Event last) {
        jdbc.sql("insert into delivery (endpoint, content) values (?, ?)")
                .params(endpoint, last.text())
                .update();
    }

    List<Event> delivered(String endpoint) {
        return jdbc.sql("select endpoint, content from delivery where endpoint = ? order by id")
                .param(endpoint)
                .query((row, number) -> new Event(row.getString(1), row.getString(2)))
                .list();
    }
}
