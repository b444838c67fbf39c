package io.asyncslot.test.contract;

import io.asyncslot.BackendReport;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.SlotBackend;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/** The jvm backend with one fault on top. */
final class WrongBackend implements SlotBackend {

    private final JvmBackend right = new JvmBackend();
    private final Fault fault;
    private final AtomicInteger fires = new AtomicInteger();

    WrongBackend(Fault fault) {
        this.fault = fault;
    }

    @Override
    public String name() {
        return right.name();
    }

    @Override
    public BackendReport report() {
        return right.report();
    }

    @Override
    public void init(BackendContext context) {
        right.init(
                fault == Fault.REFUSED_RUN_IS_LOST
                        ? context.withExecutor(task -> {
                            try {
                                context.executor().execute(task);
                            } catch (RejectedExecutionException e) {
                                // forgotten
                            }
                        })
                        : context);
    }

    @Override
    public <K> TimerSlots<K> open(TimerMapSpec<K> spec) {
        TimerMapSpec.Builder<K> wrong = TimerMapSpec.named(spec.name(), spec.keyType())
                .delay(spec.delay())
                .every(spec.every())
                .schedule(spec.schedule())
                .late(spec.late());
        if (spec.schedule() == null) {
            wrong.clock(spec.clock());
        }
        WrongSlots<K> slots = new WrongSlots<>(fault, spec.every() != null);
        TimerSlots<K> opened = right.open(same(spec, wrong, slots).build());
        slots.open(opened);
        return proxy(TimerSlots.class, slots);
    }

    @Override
    public <K> WorkSlots<K> open(WorkMapSpec<K> spec) {
        WrongSlots<K> slots = new WrongSlots<>(fault, false);
        WorkSlots<K> opened = right.open(same(spec, WorkMapSpec.named(spec.name(), spec.keyType()), slots)
                .build());
        slots.open(opened);
        return proxy(WorkSlots.class, slots);
    }

    private <K, B extends SlotMapSpec.Builder<K, B>> B same(SlotMapSpec<K> spec, B wrong, WrongSlots<K> slots) {
        return wrong.callback(slots.wrong(spec.callback(), this::wrongly))
                .concurrency(spec.concurrency())
                .historySize(spec.historySize())
                .whenIdle(whenIdle(spec.whenIdle()))
                .maxEntries(fault == Fault.IGNORES_THE_CAPACITY ? 0 : spec.maxEntries());
    }

    private WhenIdle whenIdle(WhenIdle asked) {
        return switch (fault) {
            case KEEPS_IDLE_SLOTS -> WhenIdle.KEEP;
            case FREES_WHAT_IS_TO_STAY -> WhenIdle.FREE;
            default -> asked;
        };
    }

    /** Runs a callback as the fault has it. */
    private <K> void wrongly(SlotCallback<? super K> callback, K key, SlotFiring firing) throws Exception {
        switch (fault) {
            case LOSES_A_FIRE_IN_TEN -> {
                if (fires.incrementAndGet() % 10 != 0) {
                    callback.run(key, firing);
                }
            }
            case FIRES_TWICE -> {
                callback.run(key, firing);
                callback.run(key, firing);
            }
            case RUNS_OVERLAP -> {
                Thread thread = new Thread(() -> {
                    try {
                        callback.run(key, firing);
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                });
                thread.setDaemon(true);
                thread.start();
            }
            case OLD_GENERATION_IS_DELIVERED -> callback.run(key, old(firing));
            default -> callback.run(key, firing);
        }
    }

    private static SlotFiring old(SlotFiring firing) {
        return (SlotFiring) Proxy.newProxyInstance(
                WrongBackend.class.getClassLoader(),
                new Class<?>[] {SlotFiring.class},
                (proxy, method, arguments) -> method.getName().equals("generation")
                        ? Long.valueOf(1)
                        : invoked(() -> method.invoke(firing, arguments)));
    }

    @SuppressWarnings("unchecked")
    private static <T> T proxy(Class<? super T> type, WrongSlots<?> slots) {
        return (T) Proxy.newProxyInstance(
                WrongBackend.class.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> invoked(() -> slots.call(method, arguments)));
    }

    private interface Call {
        Object make() throws Throwable;
    }

    private static Object invoked(Call call) throws Throwable {
        try {
            return call.make();
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    @Override
    public void start() {
        right.start();
    }

    @Override
    public boolean stop(Duration limit) throws InterruptedException {
        return right.stop(limit);
    }

    @Override
    public void close() {
        right.close();
    }
}
