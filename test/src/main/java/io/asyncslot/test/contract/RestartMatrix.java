package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import java.io.BufferedReader;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
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

    /** A slot whose callback ends the process. */
    private static final String EXITING = "exiting";

    /** Whether this is the process that ends, which says what fires. Set before its first callback. */
    private static volatile boolean says;

    /** Whether it ends by a callback. */
    private static volatile boolean exits;

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

    /** How a process ends. */
    protected enum ProcessEnd {
        /** By SIGTERM. */
        SIGTERM,
        /** By {@link System#exit} in a callback. */
        EXIT_IN_A_CALLBACK
    }

    /** For subclasses, whose constructors take nothing. */
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
     * System properties by which {@link #context} finds the slots of a cell in another process too.
     *
     * @param cell the name of the cell
     * @return the properties; null, unless overridden, if processes share no slots
     */
    protected @Nullable Map<String, String> shared(String cell) {
        return null;
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
        if (!says) {
            FIRED.add(key);
            return;
        }
        System.out.println(Child.FIRED + key);
        if (exits && key.equals(EXITING)) {
            System.exit(Child.EXIT_CODE);
        }
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
            startOthers(cell, open);
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

    private void startOthers(String cell, List<AnnotationConfigApplicationContext> open) {
        for (int other = 0; other < others(); other++) {
            AnnotationConfigApplicationContext node = context(cell, null);
            open.add(node);
            register(node, Injects.NOBODY);
            node.refresh();
        }
    }

    /**
     * Arms slots in a process of its own, whose callback has the registry injected, ends that, and holds what fires there
     * and afterwards against what was armed.
     *
     * @param end how it ends
     * @throws Exception if the process cannot be started
     */
    @ParameterizedTest
    @EnumSource
    protected final void slots_afterTheEndOfTheirProcess(ProcessEnd end) throws Exception {
        FIRED.clear();
        String cell = end.name();
        Map<String, String> shared = shared(cell);
        assumeTrue(shared != null, "SKIPPED: processes share no slots on this backend");
        List<AnnotationConfigApplicationContext> open = new ArrayList<>();
        try {
            startOthers(cell, open);
            runInAProcess(cell, end, Objects.requireNonNull(shared));
            AnnotationConfigApplicationContext next = context(cell, null);
            open.add(next);
            register(next, Injects.NOBODY);
            next.refresh();
            TimerSlots<String> slots = next.getBean(AsyncSlotRegistry.class).timers(MAP, String.class);
            if (end == ProcessEnd.EXIT_IN_A_CALLBACK) {
                awaitFired(EXITING, 2); // its run was cut off, and so comes again
                FIRED.removeIf(EXITING::equals);
            }
            check(slots);
        } finally {
            for (int i = open.size() - 1; i >= 0; i--) {
                open.get(i).close();
            }
        }
    }

    private void runInAProcess(String cell, ProcessEnd end, Map<String, String> shared) throws Exception {
        List<String> command =
                new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java", "-XX:TieredStopAtLevel=1"));
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        shared.forEach((name, value) -> command.add("-D" + name + "=" + value));
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                getClass().getName(),
                cell,
                end.name()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        List<String> output = new ArrayList<>();
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                output.add(line);
                if (line.startsWith(Child.FIRED)) {
                    FIRED.add(line.substring(Child.FIRED.length()));
                } else if (line.equals(Child.ARMED) && end == ProcessEnd.SIGTERM) {
                    process.toHandle().destroy(); // which leaves the output open
                }
            }
        }
        assertThat(process.waitFor()).as("%s", output).isEqualTo(end == ProcessEnd.SIGTERM ? 143 : Child.EXIT_CODE);
        assertThat(output).contains(Child.ARMED);
    }

    /** The other process: arms slots, says what fires, and ends as it is told. */
    static final class Child {

        static final String FIRED = "fired ";
        static final String ARMED = "armed";
        static final int EXIT_CODE = 7;

        public static void main(String[] arguments) throws Exception {
            Constructor<?> constructor = Class.forName(arguments[0]).getDeclaredConstructor();
            constructor.setAccessible(true);
            RestartMatrix matrix = (RestartMatrix) constructor.newInstance();
            AnnotationConfigApplicationContext context = matrix.context(arguments[1], null);
            matrix.register(context, Injects.CALLBACK);
            context.registerShutdownHook();
            exits = arguments[2].equals(ProcessEnd.EXIT_IN_A_CALLBACK.name());
            says = true;
            context.refresh();
            TimerSlots<String> slots = context.getBean(AsyncSlotRegistry.class).timers(MAP, String.class);
            arm(slots);
            System.out.println(ARMED);
            if (exits) {
                slots.start(EXITING, Duration.ZERO);
            }
            Thread.sleep(PATIENCE.toMillis());
            Runtime.getRuntime().halt(1); // nobody has ended it
        }
    }

    private static void awaitFired(String key, int times) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (FIRED.stream().filter(key::equals).count() < times) {
            assertThat(System.nanoTime())
                    .as("%s fires %s times: %s", key, times, FIRED)
                    .isLessThan(end);
            Thread.sleep(5);
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
