package io.asyncslot.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.HttpStatus;
import tools.jackson.databind.JsonNode;

/** Webhooks, audit and reports over HTTP: debounce with a cap, batches, and a schedule for each tenant. */
@ShopTest
class ShapeTests {

    @Autowired
    private Customer customer;

    @Autowired
    private AsyncSlotRegistry registry;

    @Test
    void aWebhookIsDeliveredAfterQuiet_withTheLatestEvent() throws InterruptedException {
        happen("quiet", "created");
        happen("quiet", "changed");
        assertThat(Customer.await(() -> customer.get("/webhooks/quiet"), list -> !list.isEmpty())
                        .toString())
                .isEqualTo("[{\"endpoint\":\"quiet\",\"text\":\"changed\"}]");
        assertThat(registry.timers("webhook", String.class).find("quiet")).isEmpty();
    }

    @Test
    void aWebhookThatIsNeverQuiet_isDeliveredAllTheSame_andTheSlotSaysWhy() throws InterruptedException {
        Instant end = Instant.now().plusSeconds(60);
        boolean told = false;
        int number = 0;
        while (customer.get("/webhooks/busy").isEmpty() && Instant.now().isBefore(end)) {
            happen("busy", "event " + number++);
            told |= registry.timers("webhook", String.class)
                    .find("busy")
                    .map(slot -> slot.history().stream().anyMatch(event -> event.limit() != null))
                    .orElse(false);
            Thread.sleep(20);
        }
        assertThat(customer.get("/webhooks/busy").isEmpty()).isFalse();
        assertThat(told).as("the history says that maxWait held").isTrue();
    }

    @Test
    void auditEntriesAreWrittenInBatches_ofFiveOrAfterAWhile() throws InterruptedException {
        for (int i = 1; i <= 7; i++) {
            customer.post("/tenants/acme/audit", Map.of("text", "entry " + i), HttpStatus.ACCEPTED);
        }
        JsonNode batches = Customer.await(
                () -> customer.get("/tenants/acme/audit"), list -> entries(list).size() == 7);
        assertThat(entries(batches))
                .containsExactly("entry 1", "entry 2", "entry 3", "entry 4", "entry 5", "entry 6", "entry 7");
        assertThat(batches.size()).isBetween(2, 7);
    }

    private static List<String> entries(JsonNode batches) {
        List<String> entries = new ArrayList<>();
        batches.forEach(batch -> batch.forEach(entry -> entries.add(entry.asString())));
        return entries;
    }

    @Test
    void aTenantsReportFollowsItsOwnSchedule_inItsOwnZone() throws InterruptedException {
        JsonNode planned = customer.put(
                "/tenants/seven/report", Map.of("cron", "0 30 6 * * *", "zone", "Asia/Tokyo"), HttpStatus.OK);
        Instant next = Instant.parse(planned.required("next").asString());
        assertThat(next.atZone(ZoneId.of("Asia/Tokyo")).toLocalTime()).isEqualTo(LocalTime.of(6, 30));
        assertThat(planned.required("schedule").asString()).isEqualTo("cron '0 30 6 * * *' in Asia/Tokyo");
        customer.put("/tenants/eight/report", Map.of("cron", "* * * * * *", "zone", "Europe/Berlin"), HttpStatus.OK);
        JsonNode written = Customer.await(() -> customer.get("/tenants/eight/report"), list -> list.size() >= 2);
        assertThat(Instant.parse(written.get(0).asString()).getNano()).isZero();
        assertThat(Duration.between(
                        Instant.parse(written.get(0).asString()),
                        Instant.parse(written.get(1).asString())))
                .isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        assertThat(customer.get("/actuator/asyncslots/report/eight")
                        .required("schedule")
                        .asString())
                .startsWith("cron '* * * * * *' in Europe/Berlin");
        customer.delete("/tenants/eight/report", HttpStatus.NO_CONTENT);
        assertThat(registry.timers("report", String.class).find("eight")).isEmpty();
        assertThat(customer.put(
                                "/tenants/nine/report",
                                Map.of("cron", "0 0 6 * * *", "zone", "Moon/Crater"),
                                HttpStatus.BAD_REQUEST)
                        .required("detail")
                        .asString())
                .contains("Moon/Crater");
    }

    private void happen(String endpoint, String text) {
        customer.post("/webhooks/" + endpoint, Map.of("text", text), HttpStatus.ACCEPTED);
    }
}
