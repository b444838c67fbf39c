package io.asyncslot.sample.cart;

/** What became of a cart. */
public enum CartState {
    OPEN,
    ORDERED,
    DROPPED,
    EXPIRED
}
