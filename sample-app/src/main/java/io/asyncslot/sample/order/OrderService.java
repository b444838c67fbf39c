package io.asyncslot.sample.order;

import io.asyncslot.annotation.DeleteSlot;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.sample.ShopException;
import io.asyncslot.sample.cart.CartService;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** Orders are cancelled when they are not paid in time; a payment that succeeds frees their timer. */
@Service
public class OrderService {

    private static final Logger LOG = LoggerFactory.getLogger(OrderService.class);

    private final JdbcClient jdbc;
    private final CartService carts;

    OrderService(JdbcClient jdbc, CartService carts) {
        this.jdbc = jdbc;
        this.carts = carts;
    }

    /** Turns a cart into an order: frees the cart's timer and arms the order's, both when this commits. */
    @Transactional
    @StartSlot(map = "payment", key = "#result.id()")
    public Order place(String cartId) {
        carts.ordered(cartId);
        String id = UUID.randomUUID().toString();
        jdbc.sql("insert into orders (id, cart_id, state, total_cents) select ?, ?, 'PLACED', sum(i.quantity *"
                        + " p.price_cents) from cart_item i join product p on p.id = i.product_id where i.cart_id = ?")
                .params(id, cartId, cartId)
                .update();
        return find(id);
    }

    /** Pays. A wrong amount rolls back, and the timer stays as it was. */
    @Transactional
    @DeleteSlot(map = "payment", key = "#orderId")
    public Order pay(String orderId, long cents) {
        int paid = jdbc.sql("update orders set state = 'PAID' where id = ? and state = 'PLACED'")
                .param(orderId)
                .update();
        Order order = find(orderId);
        if (paid == 0) {
            throw ShopException.conflict("order '" + orderId + "' is " + order.state());
        }
        if (cents != order.totalCents()) {
            throw ShopException.conflict("the order costs " + order.totalCents() + " cents, not " + cents);
        }
        return order;
    }

    /** Not paid in time. */
    @Transactional
    @TimerSlot(map = "payment", delay = "${shop.payment}")
    public void unpaid(String orderId) {
        int cancelled = jdbc.sql("update orders set state = 'CANCELLED' where id = ? and state = 'PLACED'")
                .param(orderId)
                .update();
        if (cancelled == 1) {
            carts.restock(find(orderId).cartId());
            LOG.info("order {} was not paid in time", orderId);
        }
    }

    @Transactional(readOnly = true)
    public Order find(String orderId) {
        return jdbc.sql("select id, cart_id, state, total_cents from orders where id = ?")
                .param(orderId)
                .query(Order.class)
                .optional()
                .orElseThrow(() -> ShopException.notFound("order", orderId));
    }
}
