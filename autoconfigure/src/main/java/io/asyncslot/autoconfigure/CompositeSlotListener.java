package io.asyncslot.autoconfigure;

import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.spi.SlotListener;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
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
    public void opened(SlotMap<?> map) {
        each(map.name(), listener -> listener.opened(map));
    }

    @Override
    public void closed(SlotMap<?> map) {
        each(map.name(), listener -> listener.closed(map));
    }

    @Override
    public void completed(SlotFiring firing, Duration duration, @Nullable Throwable failure) {
        each(firing.map(), listener -> listener.completed(firing, duration, failure));
    }

    private void each(String map, Consumer<SlotListener> event) {
        for (SlotListener listener : listeners) {
            try {
                event.accept(listener);
            } catch (RuntimeException e) {
                LOG.warn("slot listener " + listener + " failed on map '" + map + "'", e);
            }
        }
    }
}
