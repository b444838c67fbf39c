package io.asyncslot.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.HttpStatus;

/** Tenants over HTTP: a series each, from the first request to the last. */
@ShopTest
class TenantTests {

    @Autowired
    private Customer customer;

    @Autowired
    private AsyncSlotRegistry registry;

    @Test
    void isPolledUntilItGoes() throws InterruptedException {
        customer.post("/tenants/acme", HttpStatus.NO_CONTENT);
        customer.post("/tenants/other", HttpStatus.NO_CONTENT);
        assertThat(Customer.await(() -> polls("acme"), polls -> polls >= 3)).isGreaterThanOrEqualTo(3);

        customer.delete("/tenants/acme", HttpStatus.OK);
        customer.get("/tenants/acme", HttpStatus.NOT_FOUND);
        assertThat(registry.timers("tenant-poll", String.class).find("acme")).isEmpty();

        long soFar = polls("other");
        assertThat(Customer.await(() -> polls("other"), polls -> polls > soFar))
                .as("the other tenant goes on")
                .isGreaterThan(soFar);
        customer.get("/tenants/acme", HttpStatus.NOT_FOUND);
    }

    @Test
    void stopping_endsAllItsSlotsAndNoOthers() throws InterruptedException {
        for (String feed : List.of("stopping/feeds/news", "stopping/feeds/prices", "staying/feeds/news")) {
            customer.post("/tenants/" + feed, HttpStatus.NO_CONTENT);
        }
        TimerSlots<String> feeds = registry.timers("tenant-feed", String.class);
        assertThat(Customer.await(() -> fired(feeds, "stopping/prices"), fired -> fired))
                .isTrue();

        assertThat(customer.delete("/tenants/stopping", HttpStatus.OK)
                        .required("feeds")
                        .asLong())
                .isEqualTo(2);

        assertThat(feeds.find("stopping/news")).isEmpty();
        assertThat(feeds.find("stopping/prices")).isEmpty();
        assertThat(feeds.find("staying/news")).isPresent();
    }

    private static boolean fired(TimerSlots<String> feeds, String key) {
        return feeds.find(key).orElseThrow().lastFiring() != null;
    }

    private long polls(String tenant) {
        return customer.get("/tenants/" + tenant).required("polls").asLong();
    }
}
