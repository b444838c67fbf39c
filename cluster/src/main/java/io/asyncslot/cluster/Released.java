package io.asyncslot.cluster;

/**
 * What was taken from nodes that are gone.
 *
 * @param held slots they held, now anybody's
 * @param cutOff runs they had begun, to be delivered again
 * @param dropped runs they had begun of slots deleted meanwhile
 */
record Released(int held, int cutOff, int dropped) {

    static final Released NOTHING = new Released(0, 0, 0);

    int rows() {
        return held + cutOff + dropped;
    }

    Released plus(Released other) {
        return new Released(held + other.held, cutOff + other.cutOff, dropped + other.dropped);
    }
}
