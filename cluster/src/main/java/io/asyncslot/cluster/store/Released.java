package io.asyncslot.cluster.store;

/**
 * The slots and runs taken from nodes that are gone.
 *
 * @param held slots that they held, which any node may now claim
 * @param cutOff runs that they had begun, to be delivered again
 * @param dropped runs that they had begun, of slots deleted meanwhile
 */
public record Released(int held, int cutOff, int dropped) {

    public static final Released NOTHING = new Released(0, 0, 0);

    public int rows() {
        return held + cutOff + dropped;
    }

    public Released plus(Released other) {
        return new Released(held + other.held, cutOff + other.cutOff, dropped + other.dropped);
    }
}
