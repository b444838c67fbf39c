package io.asyncslot.sample;

import static io.asyncslot.test.SlotAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import io.asyncslot.sample.cart.CartService;
import io.asyncslot.sample.cart.CartState;
import io.asyncslot.test.AsyncSlotTest;
import io.asyncslot.test.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.annotation.DirtiesContext;

/** Carts with the delays of production, and time that the test moves: no waiting, no sleeping. */
@SpringBootTest(
        webEnvironment = WebEnvironment.NONE,
        properties = {"shop.reservation=15m", "spring.datasource.generate-unique-name=true", "spring.datasource.url="})
@AsyncSlotTest
@DirtiesContext
class CartManualTimeTests {

    @Autowired
    private CartService carts;

    private TimerSlots<String> reservations;

    @BeforeEach
    void find(AsyncSlotRegistry registry) {
        reservations = registry.timers("reservation", String.class);
        assertThat(reservations).hasSlots(0);
    }

    @Test
    void expiresAfterAQuarterOfAnHourOfSilence(ManualTime time) {
        String cart = carts.open().id();
        time.advance(Duration.ofMinutes(14));
        carts.ping(cart);
        assertThat(reservations).slot(cart).isArmedFor(Duration.ofMinutes(15));
        time.advance(Duration.ofMinutes(14));
        assertThat(carts.find(cart).state()).isEqualTo(CartState.OPEN);
        time.advance(Duration.ofMinutes(1));
        assertThat(carts.find(cart).state()).isEqualTo(CartState.EXPIRED);
        assertThat(reservations).hasNoFailures().slot(cart).isAbsent();
    }

    @Test
    void doesNotExpireOnceDropped(ManualTime time, @Autowired ManualTime bean) {
        assertThat(bean).isSameAs(time);
        String cart = carts.open().id();
        carts.drop(cart);
        assertThat(reservations).slot(cart).isAbsent();
        time.advance(Duration.ofHours(1));
        assertThat(carts.find(cart).state()).isEqualTo(CartState.DROPPED);
    }
}
