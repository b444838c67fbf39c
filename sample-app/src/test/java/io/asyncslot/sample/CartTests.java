package io.asyncslot.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotSnapshot;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.HttpStatus;
import tools.jackson.databind.JsonNode;

/** Carts over HTTP: reservations that are armed, moved, kept, freed and fired. */
@ShopTest
class CartTests {

    @Autowired
    private Customer customer;

    @Autowired
    private AsyncSlotRegistry registry;

    @Test
    void expiresWhenItsTimeIsOverAndPutsTheStockBack() throws InterruptedException {
        int stock = customer.stock("cup");
        long expired = customer.count("/carts/EXPIRED");
        String cart = customer.openCartWith("cup", 3);
        assertThat(customer.stock("cup")).isEqualTo(stock - 3);

        assertThat(deadline(cart)).isPresent();
        expire(cart);

        assertThat(customer.stock("cup")).isEqualTo(stock);
        assertThat(customer.count("/carts/EXPIRED")).isGreaterThanOrEqualTo(expired + 1);
        assertThat(Customer.await(() -> slot(cart), Optional::isEmpty))
                .as("freed")
                .isEmpty();
    }

    @Test
    void livesAsLongAsTheCustomerPings() throws InterruptedException {
        String cart = customer.openCart();
        Instant first = deadline(cart).orElseThrow();
        for (int i = 0; i < 3; i++) {
            assertThat(customer.post("/carts/" + cart + "/ping", HttpStatus.OK)
                            .required("state")
                            .asString())
                    .isEqualTo("OPEN");
            Thread.sleep(100);
        }
        assertThat(deadline(cart).orElseThrow()).isAfter(first);
        expire(cart);
    }

    @Test
    void addingToTheCartMovesTheDeadline() throws InterruptedException {
        String cart = customer.openCart();
        Instant first = deadline(cart).orElseThrow();
        Thread.sleep(300);
        customer.add(cart, "tea", 1, HttpStatus.OK);
        assertThat(deadline(cart).orElseThrow()).isAfterOrEqualTo(first.plusMillis(200));
    }

    @Test
    void aRequestThatRollsBackLeavesTheDeadlineAndTheStock() throws InterruptedException {
        String cart = customer.openCart();
        int stock = customer.stock("teapot");
        Instant first = deadline(cart).orElseThrow();
        Thread.sleep(300);
        JsonNode problem = customer.add(cart, "teapot", 1_000, HttpStatus.CONFLICT);
        assertThat(problem.required("detail").asString()).contains("'teapot'", "1000");
        assertThat(deadline(cart).orElseThrow()).isCloseTo(first, within(100, ChronoUnit.MILLIS));
        assertThat(customer.stock("teapot")).isEqualTo(stock);
    }

    @Test
    void aPingDoesNotReviveAnExpiredCart() throws InterruptedException {
        String cart = customer.openCart();
        expire(cart);
        assertThat(customer.post("/carts/" + cart + "/ping", HttpStatus.OK)
                        .required("state")
                        .asString())
                .isEqualTo("EXPIRED");
        assertThat(deadline(cart)).isEmpty();
        customer.add(cart, "tea", 1, HttpStatus.CONFLICT);
        assertThat(deadline(cart)).isEmpty();
    }

    @Test
    void droppingFreesTheSlotAndPutsTheStockBackOnce() {
        int stock = customer.stock("teapot");
        String cart = customer.openCartWith("teapot", 2);
        customer.delete("/carts/" + cart, HttpStatus.NO_CONTENT);
        assertThat(customer.cartState(cart)).isEqualTo("DROPPED");
        assertThat(customer.stock("teapot")).isEqualTo(stock);
        assertThat(slot(cart)).isEmpty();
        customer.delete("/carts/" + cart, HttpStatus.CONFLICT);
        assertThat(customer.stock("teapot")).isEqualTo(stock);
    }

    @Test
    void badInputIsAProblemThatNamesValueAndRule() {
        String cart = customer.openCart();
        JsonNode negative = customer.add(cart, "tea", -1, HttpStatus.BAD_REQUEST);
        assertThat(negative.required("status").asInt()).isEqualTo(400);
        assertThat(negative.required("detail").asString()).contains("'quantity'", "-1");
        JsonNode unknown = customer.get("/carts/nobody", HttpStatus.NOT_FOUND);
        assertThat(unknown.required("detail").asString()).contains("'nobody'");
        customer.post("/carts/nobody/ping", HttpStatus.NOT_FOUND);
        assertThat(slot("nobody")).isEmpty();
    }

    private void expire(String cart) throws InterruptedException {
        assertThat(customer.act("reservation/" + cart, "fire")).isEqualTo("MOVED");
        assertThat(Customer.await(() -> customer.cartState(cart), "EXPIRED"::equals))
                .isEqualTo("EXPIRED");
    }

    private Optional<Instant> deadline(String cart) {
        return slot(cart).map(SlotSnapshot::deadline);
    }

    private Optional<SlotSnapshot> slot(String cart) {
        return registry.timers("reservation", String.class).find(cart);
    }
}
