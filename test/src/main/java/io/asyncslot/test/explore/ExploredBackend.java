package io.asyncslot.test.explore;

import io.asyncslot.BackendReport;
import io.asyncslot.SlotFeature;
import io.asyncslot.SlotMap;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.SlotBackend;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/** A backend whose maps let another strand go on before each operation. */
final class ExploredBackend implements SlotBackend {

    /** Operations that tell nothing that could change. */
    private static final Set<String> CONSTANT =
            Set.of("name", "keyType", "type", "backend", "toString", "hashCode", "equals", "stats", "values");

    private final SlotBackend real;

    ExploredBackend(SlotBackend real) {
        this.real = real;
    }

    @Override
    public String name() {
        return real.name();
    }

    @Override
    public BackendReport report() {
        return real.report();
    }

    @Override
    public Set<SlotFeature> features() {
        return real.features();
    }

    @Override
    public void init(BackendContext context) {
        real.init(context);
    }

    @Override
    public <K> TimerSlots<K> open(TimerMapSpec<K> spec) {
        @SuppressWarnings("unchecked")
        TimerSlots<K> slots = (TimerSlots<K>)
                explored(spec.values() == null ? TimerSlots.class : ValueTimerSlots.class, real.open(spec));
        return slots;
    }

    @Override
    public <K> WorkSlots<K> open(WorkMapSpec<K> spec) {
        @SuppressWarnings("unchecked")
        WorkSlots<K> slots = (WorkSlots<K>)
                explored(spec.values() == null ? WorkSlots.class : ValueWorkSlots.class, real.open(spec));
        return slots;
    }

    private static Object explored(Class<?> type, SlotMap<?> map) {
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
            if (method.getName().equals("equals")) {
                return proxy == arguments[0];
            }
            if (!CONSTANT.contains(method.getName())) {
                String given = arguments == null
                        ? ""
                        : Arrays.stream(arguments).map(String::valueOf).collect(Collectors.joining(", "));
                Strands.point(map.name() + "." + method.getName() + "(" + given + ")");
            }
            try {
                return method.invoke(map, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
    }

    @Override
    public void start() {
        real.start();
    }

    @Override
    public boolean stop(Duration limit) throws InterruptedException {
        return real.stop(limit);
    }

    @Override
    public void detach() {
        real.detach();
    }

    @Override
    public void close() {
        real.close();
    }
}
