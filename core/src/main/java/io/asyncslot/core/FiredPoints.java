package io.asyncslot.core;

import io.asyncslot.backend.Periods;
import java.util.Arrays;

/**
 * The points of a slot's series that have had their run, as spans of successive points. Immutable. Bounded: where there
 * are too many spans, those with the smallest gap become one, and the points in that gap count as fired.
 */
final class FiredPoints {

    /** None. */
    static final FiredPoints NONE = new FiredPoints(new long[0]);

    /** A gap comes of a late run, or of a clock that was set. Only the latter are wide, and they are rare. */
    static final int MOST_SPANS = 6;

    /** The first and the last point of each span, ascending; microseconds of the wall clock. */
    private final long[] bounds;

    private FiredPoints(long[] bounds) {
        this.bounds = bounds;
    }

    /** All points up to one: what a slot has that a former process left. */
    static FiredPoints upTo(long point) {
        return new FiredPoints(new long[] {0, point});
    }

    /**
     * These points and one more.
     *
     * @param periods the series
     */
    FiredPoints with(long point, Periods periods) {
        int at = 0;
        while (at < bounds.length && bounds[at] <= point) {
            at += 2;
        }
        if (at != 0 && point <= bounds[at - 1]) {
            return this;
        }
        // the span before it ends, and the one after it begins, with a point next to this one
        int from = at != 0 && periods.pointAfter(bounds[at - 1], bounds[at - 1]) >= point ? at - 2 : at;
        int to = at < bounds.length && periods.pointAfter(point, point) >= bounds[at] ? at + 2 : at;
        long[] more = new long[bounds.length - (to - from) + 2];
        System.arraycopy(bounds, 0, more, 0, from);
        more[from] = from < at ? bounds[from] : point;
        more[from + 1] = to > at ? bounds[to - 1] : point;
        System.arraycopy(bounds, to, more, from + 2, bounds.length - to);
        return new FiredPoints(more.length > 2 * MOST_SPANS ? withoutSmallestGap(more) : more);
    }

    private static long[] withoutSmallestGap(long[] bounds) {
        int smallest = 1;
        for (int i = 3; i < bounds.length - 1; i += 2) {
            if (bounds[i + 1] - bounds[i] < bounds[smallest + 1] - bounds[smallest]) {
                smallest = i;
            }
        }
        long[] fewer = Arrays.copyOf(bounds, bounds.length - 2);
        System.arraycopy(bounds, smallest + 2, fewer, smallest, bounds.length - smallest - 2);
        return fewer;
    }

    /**
     * The first point from one on that has not had its run.
     *
     * @param periods the series
     * @param next a point of it, or {@link Periods#NONE}
     * @return the point, or {@link Periods#NONE}
     */
    long unfired(Periods periods, long next) {
        long point = next;
        for (int i = 0; i < bounds.length && point != Periods.NONE; i += 2) {
            if (bounds[i] <= point && point <= bounds[i + 1]) {
                point = periods.pointAfter(point, bounds[i + 1]);
            }
        }
        return point;
    }

    @Override
    public String toString() {
        return Arrays.toString(bounds);
    }
}
