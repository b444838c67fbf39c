package io.asyncslot.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotSnapshot;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.HttpStatus;

/** Orders over HTTP: cancelled unless paid, and timers that follow the transaction. */
@ShopTest
class OrderTests {

    @Autowired
    private Customer customer;

    @Autowired
    private AsyncSlotRegistry registry;

    @Test
    void anUnpaidOrderIsCancelledAndItsStockGoesBack() throws InterruptedException {
        int stock = customer.stock("cup");
        String order = customer.order(customer.openCartWith("cup", 4));
        assertThat(customer.stock("cup")).isEqualTo(stock - 4);
        expire(order);
        assertThat(customer.stock("cup")).isEqualTo(stock);
        customer.post("/orders/" + order + "/payment", Map.of("cents", 3_600), HttpStatus.CONFLICT);
    }

    @Test
    void orderingFreesTheReservationAndArmsThePayment() {
        String cart = customer.openCartWith("tea", 1);
        String order = customer.order(cart);
        assertThat(registry.timers("reservation", String.class).find(cart)).isEmpty();
        assertThat(payment(order).deadline()).isNotNull();
        customer.post("/orders/" + order + "/payment", Map.of("cents", 1_250), HttpStatus.OK);
    }

    @Test
    void aPaidOrderStaysPaid() throws InterruptedException {
        long fired = registry.timers("payment", String.class).stats().fired();
        String paid = customer.order(customer.openCartWith("tea", 2));
        assertThat(customer.post("/orders/" + paid + "/payment", Map.of("cents", 2_500), HttpStatus.OK)
                        .required("state")
                        .asString())
                .isEqualTo("PAID");
        assertThat(registry.timers("payment", String.class).find(paid)).isEmpty();

        String later = customer.order(customer.openCartWith("tea", 1));
        expire(later);
        assertThat(customer.orderState(paid)).isEqualTo("PAID");
        assertThat(registry.timers("payment", String.class).stats().fired()).isEqualTo(fired + 1);
    }

    @Test
    void aFailedPaymentRollsBackAndTheTimerStays() throws InterruptedException {
        String order = customer.order(customer.openCartWith("tea", 1));
        SlotSnapshot before = payment(order);
        Thread.sleep(300);
        customer.post("/orders/" + order + "/payment", Map.of("cents", 1), HttpStatus.CONFLICT);
        assertThat(customer.orderState(order)).as("rolled back").isEqualTo("PLACED");
        assertThat(payment(order).deadline()).isCloseTo(before.deadline(), within(100, ChronoUnit.MILLIS));
        assertThat(payment(order).generation()).isEqualTo(before.generation());
        expire(order);
    }

    @Test
    void anOrderThatFailsArmsNothingAndKeepsTheReservation() {
        String cart = customer.openCart();
        long started = registry.timers("payment", String.class).stats().started();
        customer.post("/orders", Map.of("cartId", cart), HttpStatus.CONFLICT);
        assertThat(registry.timers("payment", String.class).stats().started()).isEqualTo(started);
        assertThat(registry.timers("reservation", String.class).find(cart)).isPresent();
        assertThat(customer.cartState(cart)).isEqualTo("OPEN");
    }

    private void expire(String order) throws InterruptedException {
        assertThat(customer.act("payment/" + order, "fire")).isEqualTo("MOVED");
        assertThat(Customer.await(() -> customer.orderState(order), "CANCELLED"::equals))
                .isEqualTo("CANCELLED");
    }

    private SlotSnapshot payment(String order) {
        return registry.timers("payment", String.class).find(order).orElseThrow();
    }
}
