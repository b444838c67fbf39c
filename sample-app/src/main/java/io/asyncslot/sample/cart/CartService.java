package io.asyncslot.sample.cart;

import io.asyncslot.SlotFiring;
import io.asyncslot.annotation.DeleteSlot;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.annotation.TouchSlot;
import io.asyncslot.sample.ShopException;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * Carts reserve stock. The reservation lives as long as the customer keeps moving: every request re-arms the cart's
 * timer, and when it fires the stock goes back.
 */
@Service
public class CartService {

    private static final Logger LOG = LoggerFactory.getLogger(CartService.class);

    private final JdbcClient jdbc;

    CartService(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** Opens a cart and arms its timer, by the result, once the row is committed. */
    @Transactional
    @StartSlot(map = "reservation", key = "#result.id()")
    public Cart open() {
        String id = UUID.randomUUID().toString();
        jdbc.sql("insert into cart (id, state) values (?, 'OPEN')").param(id).update();
        return find(id);
    }

    /** Reserves stock, or fails and rolls back: then the timer keeps its old deadline. */
    @Transactional
    @StartSlot(map = "reservation", key = "#cartId")
    public Cart add(String cartId, String productId, int quantity) {
        requireOpen(cartId);
        if (quantity < 1) {
            throw ShopException.badRequest("'quantity' must be at least 1: " + quantity);
        }
        int reserved = jdbc.sql("update product set stock = stock - ? where id = ? and stock >= ?")
                .params(quantity, productId, quantity)
                .update();
        if (reserved == 0) {
            throw ShopException.conflict("product '" + productId + "' is unknown or has less than " + quantity);
        }
        int more = jdbc.sql("update cart_item set quantity = quantity + ? where cart_id = ? and product_id = ?")
                .params(quantity, cartId, productId)
                .update();
        if (more == 0) {
            jdbc.sql("insert into cart_item (cart_id, product_id, quantity) values (?, ?, ?)")
                    .params(cartId, productId, quantity)
                    .update();
        }
        return find(cartId);
    }

    /** The customer is still there: moves the deadline, and never revives a reservation that is over. */
    @TouchSlot(map = "reservation", key = "#cartId")
    public Cart ping(String cartId) {
        return find(cartId);
    }

    /** The customer leaves: stock back, slot freed. */
    @Transactional
    @DeleteSlot(map = "reservation", key = "#cartId")
    public void drop(String cartId) {
        requireOpen(cartId);
        end(cartId, CartState.DROPPED);
    }

    /** The reservation is over. The state in the database decides, so that it is over once. The slot goes with the run. */
    @Transactional
    @TimerSlot(map = "reservation", delay = "${shop.reservation}")
    public void expired(String cartId, SlotFiring firing) {
        if (end(cartId, CartState.EXPIRED)) {
            LOG.debug("cart {} expired, {} late", cartId, firing.lateness());
        }
    }

    @Transactional(readOnly = true)
    public Cart find(String cartId) {
        CartState state = jdbc.sql("select state from cart where id = ?")
                .param(cartId)
                .query(CartState.class)
                .optional()
                .orElseThrow(() -> ShopException.notFound("cart", cartId));
        List<Cart.Item> items = jdbc.sql(
                        "select product_id, quantity from cart_item where cart_id = ? order by product_id")
                .param(cartId)
                .query((row, number) -> new Cart.Item(row.getString(1), row.getInt(2)))
                .list();
        return new Cart(cartId, state, items);
    }

    /** Makes the cart an order: the stock stays taken. */
    @Transactional
    @DeleteSlot(map = "reservation", key = "#cartId")
    public Cart ordered(String cartId) {
        Cart cart = requireOpen(cartId);
        if (cart.items().isEmpty()) {
            throw ShopException.conflict("cart '" + cartId + "' is empty");
        }
        jdbc.sql("update cart set state = 'ORDERED' where id = ?").param(cartId).update();
        return cart;
    }

    /** Puts the stock of a cart back. */
    public void restock(String cartId) {
        jdbc.sql("update product p set stock = stock + (select quantity from cart_item i where i.cart_id = ? and"
                        + " i.product_id = p.id) where id in (select product_id from cart_item where cart_id = ?)")
                .params(cartId, cartId)
                .update();
    }

    private boolean end(String cartId, CartState state) {
        int ended = jdbc.sql("update cart set state = ? where id = ? and state = 'OPEN'")
                .params(state.name(), cartId)
                .update();
        if (ended == 1) {
            restock(cartId);
        }
        return ended == 1;
    }

    private Cart requireOpen(String cartId) {
        jdbc.sql("select id from cart where id = ? for update")
                .param(cartId)
                .query(String.class)
                .optional();
        Cart cart = find(cartId);
        if (cart.state() != CartState.OPEN) {
            throw ShopException.conflict("cart '" + cartId + "' is " + cart.state());
        }
        return cart;
    }
}
