package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.context.ApplicationContextException;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/**
 * What is left of slots after an end in a Spring application: by who has the registry injected, which decides the order in
 * which beans are destroyed, and by the kind of the end. The ledger is exact. Where slots outlive the process, each of them
 * fires once in what comes next; elsewhere all end with their map.
 *
 * <p>A subclass is one backend. Its callback beans bind the timer map {@link #MAP} with keys of type String, and call
 * {@link #fired}.
 */
@Timeout(120)
public abstract class RestartMatrix {

    /** The map that callback beans bind. */
    protected static final String MAP = "order";

    /** The name of the bean with the callback. */
    private static final String BEAN = "order";

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Queue<String> FIRED = new ConcurrentLinkedQueue<>();

    /** Slots that are not due by themselves: what comes next makes them due. */
    private static final List<String> FAR =
            IntStream.range(0, 10).mapToObj(i -> "far" + i).toList();

    /** Slots that fall due about when the end comes: before it, during it or after it. */
    private static final List<String> NEAR =
            IntStream.range(0, 10).mapToObj(i -> "near" + i).toList();

    /** Who has the registry injected, and so is destroyed before it. */
    protected enum Injects {
        /** Nobody. */
        NOBODY,
        /** The bean with the callback. */
        CALLBACK,
        /** A bean that is created before that one, and so destroyed after it. */
        BEAN_BEFORE_IT,
        /** A bean that is created after that one, and so destroyed before it. */
        BEAN_AFTER_IT
    }

    /** What ends. */
    protected enum End {
        /** The context. */
        CLOSE,
        /** The bean with the callback alone. */
        BEAN_DESTROYED,
        /** A child context with that bean; its parent has the registry and stays. */
        CHILD_CLOSED,
        /** The refresh of the context, after slots were armed. */
        REFRESH_FAILED,
        /** The context, while slots are moved. */
        CLOSED_AMID_TRAFFIC
    }

    /** For subclasses. */
    protected RestartMatrix() {}

    /**
     * Makes a context with a registry on the backend under test.
     *
     * @param cell a name of the cell, the same for all contexts of it: these share their slots, where slots outlive a context
     * @param parent the context whose registry it shares; null if it is to have one
     * @return the context, not refreshed
     */
    protected abstract AnnotationConfigApplicationContext context(
            String cell, @Nullable AnnotationConfigApplicationContext parent);

    /**
     * The class of a bean whose callback is bound to {@link #MAP}.
     *
     * @param withRegistry whether the registry is injected into its constructor
     * @return the class
     */
    protected abstract Class<?> callback(boolean withRegistry);

    /**
     * Whether slots outlive the registry that armed them.
     *
     * @return true unless overridden
     */
    protected boolean slotsOutliveTheirRegistry() {
        return true;
    }

    /**
     * Whether the slots of a cell can have one registry at a time only: then a context is closed before the next one comes.
     *
     * @return false unless overridden
     */
    protected boolean hasOneRegistryAtATime() {
        return false;
    }

    /**
     * How many further nodes share the slots and stay when one ends.
     *
     * @return 0 unless overridden
     */
    protected int others() {
        return 0;
    }

    /**
     * For callbacks: notes that the slot of a key has fired.
     *
     * @param key the key
     */
    protected static void fired(String key) {
        FIRED.add(key);
    }

    static Stream<Arguments> cells() {
        return Stream.of(Injects.values())
                .flatMap(injects -> Stream.of(End.values()).map(end -> Arguments.of(injects, end)));
    }

    /**
     * Arms slots, brings about the end, and holds what fires afterwards against what was armed.
     *
     * @param injects who has the registry injected
     * @param end what ends
     * @throws Exception if the cell cannot be carried out
     */
    @ParameterizedTest
    @MethodSource("cells")
    protected final void slots_afterTheEnd(Injects injects, End end) throws Exception {
        FIRED.clear();
        String cell = injects + "-" + end;
        List<AnnotationConfigApplicationContext> open = new ArrayList<>();
        try {
            for (int other = 0; other < others(); other++) {
                AnnotationConfigApplicationContext node = context(cell, null);
                open.add(node);
                register(node, Injects.NOBODY);
                node.refresh();
            }
            AnnotationConfigApplicationContext parent = null;
            if (end == End.CHILD_CLOSED) {
                parent = context(cell, null);
                open.add(parent);
                parent.refresh();
            }
            AnnotationConfigApplicationContext context = context(cell, parent);
            open.add(context);
            register(context, injects);
            runAndEnd(context, end);
            if (parent != null) {
                assertThat(parent.getBean(AsyncSlotRegistry.class).isRunning()).isTrue();
            }
            if (hasOneRegistryAtATime()) {
                context.close();
            }
            AnnotationConfigApplicationContext next = context(cell, parent);
            open.add(next);
            register(next, Injects.NOBODY);
            next.refresh();
            check(next.getBean(AsyncSlotRegistry.class).timers(MAP, String.class));
        } finally {
            for (int i = open.size() - 1; i >= 0; i--) {
                open.get(i).close();
            }
        }
    }

    private void check(TimerSlots<String> slots) throws InterruptedException {
        assertThat(FIRED).as("made due by nobody").doesNotContainAnyElementsOf(FAR);
        if (!slotsOutliveTheirRegistry()) {
            assertThat(slots.stats().slots()).as("slots end with their map").isZero();
            assertThat(FIRED).doesNotHaveDuplicates().isSubsetOf(NEAR);
            return;
        }
        for (String key : FAR) {
            assertThat(slots.touch(key, Duration.ZERO)).as(key).isEqualTo(TouchOutcome.MOVED);
        }
        List<String> armed = Stream.concat(FAR.stream(), NEAR.stream()).toList();
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (slots.stats().slots() > 0 || FIRED.size() < armed.size()) {
            assertThat(System.nanoTime()).as("all fire: %s", FIRED).isLessThan(end);
            Thread.sleep(5);
        }
        assertThat(FIRED).containsExactlyInAnyOrderElementsOf(armed);
    }

    private static void runAndEnd(AnnotationConfigApplicationContext context, End end) throws InterruptedException {
        if (end == End.REFRESH_FAILED) {
            context.registerBean("zz-fails", Failing.class);
            try {
                context.refresh();
            } catch (IllegalStateException | ApplicationContextException e) {
                assertThat(e).hasStackTraceContaining(Failing.MESSAGE);
                return;
            }
            throw new AssertionError("the refresh was to fail");
        }
        context.refresh();
        TimerSlots<String> slots = context.getBean(AsyncSlotRegistry.class).timers(MAP, String.class);
        arm(slots);
        switch (end) {
            case CLOSE, CHILD_CLOSED, REFRESH_FAILED -> context.close();
            case BEAN_DESTROYED -> ((DefaultListableBeanFactory) context.getBeanFactory()).destroySingleton(BEAN);
            case CLOSED_AMID_TRAFFIC -> {
                Thread traffic = new Thread(() -> {
                    for (int i = 0; i < 200 && !slots.isClosed(); i++) {
                        slots.cancel("nobody");
                        slots.touch(FAR.get(i % FAR.size()), Duration.ofHours(2));
                    }
                });
                traffic.start();
                context.close();
                traffic.join();
            }
        }
    }

    private static void arm(TimerSlots<String> slots) {
        FAR.forEach(key -> slots.start(key, Duration.ofHours(1)));
        NEAR.forEach(key -> slots.start(key, Duration.ofMillis(300)));
    }

    private void register(AnnotationConfigApplicationContext context, Injects injects) {
        if (injects == Injects.BEAN_BEFORE_IT) {
            context.registerBean("before", Holder.class);
        }
        context.registerBean(BEAN, callback(injects == Injects.CALLBACK));
        if (injects == Injects.BEAN_AFTER_IT) {
            context.registerBean("after", Holder.class);
        }
    }

    private record Holder(AsyncSlotRegistry registry) {}

    /** Arms slots and ends the refresh, when the maps are there. */
    private record Failing(AsyncSlotRegistry registry) implements SmartLifecycle {

        static final String MESSAGE = "made to fail";

        @Override
        public void start() {
            arm(registry.timers(MAP, String.class));
            throw new IllegalStateException(MESSAGE);
        }

        @Override
        public void stop() {}

        @Override
        public boolean isRunning() {
            return false;
        }
    }
}
