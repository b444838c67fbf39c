package io.asyncslot;

/**
 * How many keys of a batch start ended in which {@link StartOutcome}.
 *
 * @param started keys answered {@link StartOutcome#STARTED}
 * @param rearmed keys answered {@link StartOutcome#REARMED}
 * @param rejected keys answered {@link StartOutcome#REJECTED}
 * @param closed keys answered {@link StartOutcome#CLOSED}
 * @param inDoubt keys answered {@link StartOutcome#IN_DOUBT}
 */
public record StartSummary(int started, int rearmed, int rejected, int closed, int inDoubt) {

    /**
     * A batch without a key in doubt.
     *
     * @param started keys answered {@link StartOutcome#STARTED}
     * @param rearmed keys answered {@link StartOutcome#REARMED}
     * @param rejected keys answered {@link StartOutcome#REJECTED}
     * @param closed keys answered {@link StartOutcome#CLOSED}
     */
    public StartSummary(int started, int rearmed, int rejected, int closed) {
        this(started, rearmed, rejected, closed, 0);
    }

    /**
     * The size of the batch.
     *
     * @return the sum of all outcomes
     */
    public int total() {
        return started + rearmed + rejected + closed + inDoubt;
    }
}
