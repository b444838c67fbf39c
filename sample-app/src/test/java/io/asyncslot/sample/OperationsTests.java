package io.asyncslot.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.HttpStatus;
import tools.jackson.databind.JsonNode;

/** The shop's slots as its operators see them: Actuator and the meters. */
@ShopTest
class OperationsTests {

    @Autowired
    private Customer customer;

    @Test
    void listsTheMaps() {
        customer.openCart();
        JsonNode maps = customer.get("/actuator/asyncslots").required("maps");
        assertThat(maps.propertyNames()).contains("reservation", "payment", "reindex", "tenant-poll");
        JsonNode reservation = maps.required("reservation");
        assertThat(reservation.required("backend").asString()).isEqualTo("jvm");
        assertThat(reservation.required("armed").asLong()).isPositive();
        assertThat(reservation.required("references").asLong())
                .isGreaterThanOrEqualTo(reservation.required("slots").asLong());
    }

    @Test
    void showsOneSlotWithItsHistory() {
        String cart = customer.openCart();
        customer.post("/carts/" + cart + "/ping", HttpStatus.OK);
        customer.add(cart, "tea", 1, HttpStatus.OK);
        JsonNode armed = slot(cart);
        assertThat(armed.required("armed").asBoolean()).isTrue();
        assertThat(armed.required("state").asString()).isIn("READY", "BUSY");
        assertThat(armed.required("references").asInt()).isPositive();
        assertThat(outcomes(armed)).containsExactly("STARTED", "MOVED", "REARMED");
    }

    @Test
    void servesTheDashboard() {
        JsonNode session = customer.get("/asyncslots/session");
        assertThat(session.required("endpoint").asString()).isEqualTo("../actuator/asyncslots");
    }

    @Test
    void showsHowASlotFired() throws InterruptedException {
        customer.post("/tenants/acme", HttpStatus.NO_CONTENT);
        JsonNode fired = Customer.await(
                () -> customer.get("/actuator/asyncslots/tenant-poll/acme"),
                slot -> outcomes(slot).contains("COMPLETED"));
        assertThat(outcomes(fired)).startsWith("STARTED").contains("FIRED", "COMPLETED");
        assertThat(Duration.parse(
                        fired.required("lastFiring").required("lateness").asString()))
                .isBetween(Duration.ZERO, Duration.ofMinutes(1));
        assertThat(fired.required("armed").asBoolean())
                .as("a period arms the next")
                .isTrue();
        customer.delete("/tenants/acme", HttpStatus.OK);
        customer.get("/actuator/asyncslots/tenant-poll/acme", HttpStatus.NOT_FOUND);
    }

    @Test
    void explainsWhyASlotIsArmedAndWhyItIsGone() {
        String cart = customer.openCart();
        assertThat(slot(cart).required("explanation").get(0).asString())
                .startsWith("Armed at ")
                .contains(" by @StartSlot CartService.");
        customer.delete("/carts/" + cart, HttpStatus.NO_CONTENT);
        JsonNode gone = customer.get("/actuator/asyncslots/reservation/" + cart, HttpStatus.NOT_FOUND);
        assertThat(gone.required("explanation").get(0).asString())
                .startsWith("Deleted at ")
                .contains(" by @DeleteSlot CartService.");
    }

    @Test
    void aPausedReservationOutlastsItsDeadline_andExpiresOnceFired() throws InterruptedException {
        String cart = customer.openCart();
        String slot = "reservation/" + cart;
        assertThat(customer.act(slot, "pause")).isEqualTo("PAUSED");
        assertThat(customer.act(slot, "fire")).isEqualTo("MOVED");
        String other = customer.openCart();
        customer.act("reservation/" + other, "fire");
        Customer.await(
                () -> customer.get("/carts/" + other), seen -> state(seen).equals("EXPIRED"));
        assertThat(state(customer.get("/carts/" + cart))).isEqualTo("OPEN");
        assertThat(customer.act(slot, "resume")).isEqualTo("RESUMED");
        Customer.await(() -> customer.get("/carts/" + cart), seen -> state(seen).equals("EXPIRED"));
    }

    private static String state(JsonNode cart) {
        return cart.required("state").asString();
    }

    @Test
    void lookingNeverCreates() {
        customer.get("/actuator/asyncslots/reservation/nobody", HttpStatus.NOT_FOUND);
        customer.get("/actuator/asyncslots/reservation/nobody", HttpStatus.NOT_FOUND);
        customer.get("/actuator/asyncslots/nothing", HttpStatus.NOT_FOUND);
        customer.get("/actuator/asyncslots/reservation?limit=0", HttpStatus.BAD_REQUEST);
        JsonNode found = customer.get("/actuator/asyncslots/reservation?prefix=nobody");
        assertThat(found.required("slots")).isEmpty();
    }

    @Test
    void theMetersNameMapsButNeverKeys() {
        String cart = customer.openCart();
        String meters = customer.text("/actuator/prometheus");
        assertThat(meters)
                .contains("asyncslot_slots{", "asyncslot_starts_total{", "asyncslot_references{")
                .contains("asyncslot_fired_total{", "asyncslot_lateness_seconds")
                .contains("map=\"reservation\"")
                .doesNotContain(cart);
        assertThat(customer.get("/actuator/metrics").toString()).contains("asyncslot.slots");
        assertThat(customer.get("/actuator/health").required("status").asString())
                .isEqualTo("UP");
    }

    private JsonNode slot(String cart) {
        return customer.get("/actuator/asyncslots/reservation/" + cart);
    }

    private static List<String> outcomes(JsonNode slot) {
        return StreamSupport.stream(slot.required("history").spliterator(), false)
                .map(event -> event.required("outcome").asString())
                .toList();
    }
}
