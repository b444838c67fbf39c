package io.asyncslot.cluster.node;

import io.asyncslot.BackendUnavailableException;
import io.asyncslot.backend.Log;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Looks for slots that come near, again and again: at once as long as there is more, else after the interval or when its loop is
 * woken. Owned by that loop.
 */
final class Sweeper implements Loop.Step {

    private static final Log LOG = new Log(Sweeper.class);

    private final Duration interval;
    private final BooleanSupplier sweep;

    /** Whether the last sweep failed with something unexpected, which is told once. */
    private boolean told;

    /**
     * Makes one.
     *
     * @param interval how long to wait where there is nothing more
     * @param sweep claims a batch; true when there is more
     */
    Sweeper(Duration interval, BooleanSupplier sweep) {
        this.interval = interval;
        this.sweep = sweep;
    }

    @Override
    public long step() {
        return sweptAndMore() ? 0 : interval.toNanos();
    }

    private boolean sweptAndMore() {
        try {
            boolean more = sweep.getAsBoolean();
            told = false;
            return more;
        } catch (BackendUnavailableException e) {
            LOG.debug("sweeps wait for the database", e);
        } catch (Throwable e) {
            tell(e);
        }
        return false;
    }

    private void tell(Throwable failure) {
        if (!told) {
            told = true;
            LOG.error("a sweep failed; the next one follows", failure);
        }
    }
}
