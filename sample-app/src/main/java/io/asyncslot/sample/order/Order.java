package io.asyncslot.sample.order;

/** An order as the customer sees it. */
public record Order(String id, String cartId, State state, long totalCents) {

    /** What became of an order. */
    public enum State {
        PLACED,
        PAID,
        CANCELLED
    }
}
