package io.asyncslot.sample.crowd;

import io.asyncslot.SlotFiring;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.sample.ShopException;
import io.asyncslot.sample.cart.CartService;
import io.asyncslot.sample.order.Order;
import io.asyncslot.sample.order.OrderService;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/**
 * Visitors of the shop, each a slot. A visitor comes back again and again until it leaves its cart, orders, or falls
 * silent, and a silent visitor's reservation expires.
 */
@Component
class Crowd {

    private static final String TEA = "tea";

    private final CartService carts;
    private final OrderService orders;
    private final Duration pause;

    Crowd(CartService carts, OrderService orders, @Value("${shop.visit}") Duration pause) {
        this.carts = carts;
        this.orders = orders;
        this.pause = pause;
    }

    /** A visitor takes a cart and some tea; the next visit follows. */
    @StartSlot(map = "visitor", key = "#result")
    public String arrive() {
        String cart = carts.open().id();
        carts.add(cart, TEA, 1);
        return cart;
    }

    @TimerSlot(map = "visitor", delay = "${shop.visit}")
    void visit(String cart, SlotFiring firing) {
        try {
            switch (ThreadLocalRandom.current().nextInt(10)) {
                case 0 -> {
                    // falls silent
                }
                case 1 -> carts.drop(cart);
                case 2 -> orders.place(cart);
                case 3 -> {
                    Order order = orders.place(cart);
                    orders.pay(order.id(), order.totalCents());
                }
                default -> {
                    carts.ping(cart);
                    firing.restart(pause);
                }
            }
        } catch (ShopException e) {
            // the cart expired before the visitor came back
        }
    }
}
