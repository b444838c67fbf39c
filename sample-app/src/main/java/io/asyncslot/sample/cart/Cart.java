package io.asyncslot.sample.cart;

import java.util.List;

/** A cart as the customer sees it. */
public record Cart(String id, CartState state, List<Item> items) {

    /** So many of a product. */
    public record Item(String productId, int quantity) {}
}
