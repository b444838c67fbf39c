package io.asyncslot.autoconfigure;

import io.asyncslot.SlotFiring;
import io.asyncslot.spi.SlotListener;
import java.time.Duration;
import java.util.List;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Tells several listeners, in order; one that fails does not keep the others from being told. Immutable.
 *
 * @param listeners whom to tell
 */
record CompositeSlotListener(List<SlotListener> listeners) implements SlotListener {

    private static final Log LOG = LogFactory.getLog(CompositeSlotListener.class);

    @Override
    public void completed(SlotFiring firing, Duration duration, @Nullable Throwable failure) {
        for (SlotListener listener : listeners) {
            try {
                listener.completed(firing, duration, failure);
            } catch (RuntimeException e) {
                LOG.warn("slot listener " + listener + " failed on map '" + firing.map() + "'", e);
            }
        }
    }
}
