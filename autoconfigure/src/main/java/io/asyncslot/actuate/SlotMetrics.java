package io.asyncslot.actuate;

import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.spi.SlotListener;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the meters of {@link SlotMeterDocumentation} in step with the maps there are. A listener of the slot registry
 * and a binder of meter registries, in whichever order these come. Thread-safe.
 */
public final class SlotMetrics implements SlotListener, MeterBinder {

    /** What handlers of observations make of {@code asyncslot.firing}. */
    private static final List<String> OBSERVED = List.of("asyncslot.firing", "asyncslot.firing.active");

    private static final String MAP_TAG = SlotMeterDocumentation.Tags.MAP.asString();

    /** Guarded by {@code this}, as are changes of all that follows. */
    private final List<MeterRegistry> registries = new ArrayList<>();

    private final Map<String, SlotMap<?>> maps = new ConcurrentHashMap<>();

    /** By map name, one for each registry. Read by callbacks' threads without a lock. */
    private final Map<String, List<SlotMapMeters>> meters = new ConcurrentHashMap<>();

    /** Makes a binder without registries and maps. */
    public SlotMetrics() {}

    @Override
    public synchronized void bindTo(MeterRegistry registry) {
        registries.add(registry);
        maps.values().forEach(this::bind);
    }

    @Override
    public synchronized void opened(SlotMap<?> map) {
        SlotMap<?> former = maps.put(map.name(), map);
        if (former != null) {
            unbind(former.name()); // its closing has not been told yet
        }
        bind(map);
    }

    @Override
    public synchronized void closed(SlotMap<?> map) {
        if (maps.remove(map.name(), map)) {
            unbind(map.name());
        }
    }

    @Override
    public void completed(SlotFiring firing, Duration duration, @Nullable Throwable failure) {
        List<SlotMapMeters> present = meters.get(firing.map());
        if (present == null) {
            unbindObserved(firing.map()); // the map was closed before this run of it ended
            return;
        }
        for (SlotMapMeters each : present) {
            each.completed(firing.lateness(), duration, failure != null);
        }
    }

    private void bind(SlotMap<?> map) {
        List<SlotMapMeters> present = new ArrayList<>(meters.getOrDefault(map.name(), List.of()));
        for (MeterRegistry registry : registries.subList(present.size(), registries.size())) {
            present.add(new SlotMapMeters(registry, map));
        }
        meters.put(map.name(), List.copyOf(present));
    }

    private void unbind(String name) {
        List<SlotMapMeters> gone = meters.remove(name);
        if (gone != null) {
            gone.forEach(SlotMapMeters::remove);
            unbindObserved(name);
        }
    }

    /** Removes what observations of the map's runs have left: those meters are made by whoever handles observations. */
    private synchronized void unbindObserved(String name) {
        for (MeterRegistry registry : registries) {
            for (String meter : OBSERVED) {
                registry.find(meter).tag(MAP_TAG, name).meters().forEach(registry::remove);
            }
        }
    }
}
