package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.beans.factory.ObjectFactory;
import org.springframework.beans.factory.config.BeanDefinitionHolder;
import org.springframework.beans.factory.config.Scope;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.ApplicationContextException;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.util.ClassUtils;

/**
 * The slots that remain after an end in a Spring application. The matrix has two sides: the bean that has the registry
 * injected, which decides the order in which beans are destroyed, and the kind of the end. The ledger is exact. If
 * slots outlive the process, each of them fires once in the context that comes next. If not, all of them end with their
 * map. On every backend, a scope that replaces a bean ends neither slots nor map.
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

    /** Keys whose callback was that of a class loader whose context is closed. */
    private static final Queue<String> STALE = new ConcurrentLinkedQueue<>();

    private static final StackWalker CALLERS = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    /** The loader of a context that is closed. Set before the next one is opened. */
    private static volatile @Nullable ClassLoader closedLoader;

    /** Slots that are not due by themselves: what comes next makes them due. */
    private static final List<String> FAR =
            IntStream.range(0, 10).mapToObj(i -> "far" + i).toList();

    /** Slots that fall due about when the end comes: before it, during it or after it. */
    private static final List<String> NEAR =
            IntStream.range(0, 10).mapToObj(i -> "near" + i).toList();

    /** A slot whose callback ends the process. */
    private static final String EXITING = "exiting";

    /** Whether this is the process that ends, which prints each key that fires. Set before its first callback. */
    private static volatile boolean says;

    /** Whether it ends by a callback. */
    private static volatile boolean exits;

    /** The bean that has the registry injected, and so is destroyed before it. */
    protected enum Injects {
        /** No bean. */
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
        CLOSED_AMID_TRAFFIC,
        /** The context and its class loader: the next one comes in the same process, by another loader, as with devtools. */
        RESTARTED,
        /** Many instances of the bean with the callback, which a scope replaces while slots fall due; the context stays. */
        BEAN_REFRESHED
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
            if (CALLERS.getCallerClass().getClassLoader() == closedLoader) {
                STALE.add(key);
            }
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
     * Arms slots, brings about the end, and compares the keys that fire afterwards with those that were armed.
     *
     * @param injects the bean that has the registry injected
     * @param end what ends
     * @throws Exception if the cell cannot be carried out
     */
    @ParameterizedTest
    @MethodSource("cells")
    protected final void slots_afterTheEnd(Injects injects, End end) throws Exception {
        FIRED.clear();
        STALE.clear();
        closedLoader = null;
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
            register(context, injects, end);
            runAndEnd(context, end);
            if (end == End.BEAN_REFRESHED) {
                check(context.getBean(AsyncSlotRegistry.class).timers(MAP, String.class), true);
                return;
            }
            closedLoader = end == End.RESTARTED ? context.getClassLoader() : null;
            if (parent != null) {
                assertThat(parent.getBean(AsyncSlotRegistry.class).isRunning()).isTrue();
            }
            if (hasOneRegistryAtATime()) {
                context.close();
            }
            AnnotationConfigApplicationContext next = context(cell, parent);
            open.add(next);
            register(next, Injects.NOBODY, end);
            refresh(next, end);
            check(next.getBean(AsyncSlotRegistry.class).timers(MAP, String.class), slotsOutliveTheirRegistry());
            assertThat(STALE).as("called on a class of the closed context").isEmpty();
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
            register(node, Injects.NOBODY, End.CLOSE);
            node.refresh();
        }
    }

    /**
     * Arms slots in a separate process, whose callback has the registry injected, and ends that process. Then compares
     * the keys that fire there and afterwards with those that were armed.
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
            register(next, Injects.NOBODY, End.CLOSE);
            next.refresh();
            TimerSlots<String> slots = next.getBean(AsyncSlotRegistry.class).timers(MAP, String.class);
            if (end == ProcessEnd.EXIT_IN_A_CALLBACK) {
                awaitFired(EXITING, 2); // its run was cut off, and so comes again
                FIRED.removeIf(EXITING::equals);
            }
            check(slots, slotsOutliveTheirRegistry());
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

    /** The other process: arms slots, prints each key that fires, and ends as requested. */
    static final class Child {

        static final String FIRED = "fired ";
        static final String ARMED = "armed";
        static final int EXIT_CODE = 7;

        public static void main(String[] arguments) throws Exception {
            Constructor<?> constructor = Class.forName(arguments[0]).getDeclaredConstructor();
            constructor.setAccessible(true);
            RestartMatrix matrix = (RestartMatrix) constructor.newInstance();
            AnnotationConfigApplicationContext context = matrix.context(arguments[1], null);
            matrix.register(context, Injects.CALLBACK, End.CLOSE);
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

    private static void check(TimerSlots<String> slots, boolean outliveTheEnd) throws InterruptedException {
        assertThat(FIRED).as("made due by nobody").doesNotContainAnyElementsOf(FAR);
        if (!outliveTheEnd) {
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
        refresh(context, end);
        TimerSlots<String> slots = context.getBean(AsyncSlotRegistry.class).timers(MAP, String.class);
        arm(slots);
        switch (end) {
            case CLOSE, CHILD_CLOSED, REFRESH_FAILED, RESTARTED -> context.close();
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
            case BEAN_REFRESHED -> {
                OneAtATime scope = (OneAtATime)
                        Objects.requireNonNull(context.getBeanFactory().getRegisteredScope(OneAtATime.NAME));
                Set<Object> instances = Collections.newSetFromMap(new IdentityHashMap<>());
                for (int i = 0; i < 25; i++) { // for longer than it takes until the near slots are due
                    scope.refresh();
                    instances.add(context.getBean(ScopedProxyUtils.getTargetBeanName(BEAN)));
                    Thread.sleep(20);
                }
                assertThat(instances).hasSize(25);
            }
        }
    }

    /** Devtools runs the application in a thread with the new class loader. */
    private static void refresh(AnnotationConfigApplicationContext context, End end) {
        if (end != End.RESTARTED) {
            context.refresh();
            return;
        }
        CompletableFuture.runAsync(context::refresh, command -> {
                    Thread main = new Thread(command, "restartedMain");
                    main.setContextClassLoader(context.getClassLoader());
                    main.start();
                })
                .join();
    }

    private static void arm(TimerSlots<String> slots) {
        FAR.forEach(key -> slots.start(key, Duration.ofHours(1)));
        NEAR.forEach(key -> slots.start(key, Duration.ofMillis(300)));
    }

    private void register(AnnotationConfigApplicationContext context, Injects injects, End end) {
        Class<?> callback = callback(injects == Injects.CALLBACK);
        if (end == End.RESTARTED) {
            RestartLoader loader = new RestartLoader(callback);
            context.setClassLoader(loader);
            callback = ClassUtils.resolveClassName(callback.getName(), loader);
        }
        if (injects == Injects.BEAN_BEFORE_IT) {
            context.registerBean("before", Holder.class);
        }
        if (end == End.BEAN_REFRESHED) {
            registerScoped(context, callback);
        } else {
            context.registerBean(BEAN, callback);
        }
        if (injects == Injects.BEAN_AFTER_IT) {
            context.registerBean("after", Holder.class);
        }
    }

    private static void registerScoped(AnnotationConfigApplicationContext context, Class<?> callback) {
        context.getBeanFactory().registerScope(OneAtATime.NAME, new OneAtATime());
        RootBeanDefinition target = new RootBeanDefinition(callback);
        target.setScope(OneAtATime.NAME);
        BeanDefinitionHolder proxy =
                ScopedProxyUtils.createScopedProxy(new BeanDefinitionHolder(target, BEAN), context, true);
        context.registerBeanDefinition(proxy.getBeanName(), proxy.getBeanDefinition());
    }

    private record Holder(AsyncSlotRegistry registry) {}

    /** A scope with one instance of a bean at a time, which a refresh destroys: as Spring Cloud's. Thread-safe. */
    private static final class OneAtATime implements Scope {

        static final String NAME = "refresh";

        /** Guarded by this. */
        private final Map<String, Object> beans = new HashMap<>();

        /** Guarded by this. */
        private final List<Runnable> ends = new ArrayList<>();

        @Override
        public synchronized Object get(String name, ObjectFactory<?> factory) {
            Object present = beans.get(name);
            if (present == null) {
                present = factory.getObject();
                beans.put(name, present);
            }
            return present;
        }

        @Override
        public synchronized void registerDestructionCallback(String name, Runnable callback) {
            ends.add(callback);
        }

        @Override
        public synchronized @Nullable Object remove(String name) {
            return beans.remove(name);
        }

        void refresh() {
            List<Runnable> former;
            synchronized (this) {
                beans.clear();
                former = List.copyOf(ends);
                ends.clear();
            }
            former.forEach(Runnable::run);
        }
    }

    /** Loads the class of a callback, with those around it, instead of its parent: as that of devtools. */
    private static final class RestartLoader extends ClassLoader {

        private final String own;

        RestartLoader(Class<?> callback) {
            super(callback.getClassLoader());
            String name = callback.getName();
            int nested = name.indexOf('$');
            own = nested < 0 ? name : name.substring(0, nested);
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.equals(own) && !name.startsWith(own + "$")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> present = findLoadedClass(name);
                return present == null ? define(name) : present;
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (in == null) {
                    throw new ClassNotFoundException(name);
                }
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

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
