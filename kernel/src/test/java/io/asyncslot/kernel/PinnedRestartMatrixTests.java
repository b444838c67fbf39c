package io.asyncslot.kernel;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.kernel.spring.KernelBackendAutoConfiguration;
import io.asyncslot.test.contract.RestartMatrix;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.core.env.MapPropertySource;

/** The kernel of this machine, with pinned slots: what comes next finds them at the same path. */
class PinnedRestartMatrixTests extends RestartMatrix {

    private static final String PIN_PATH = "matrix.pin-path";

    private final Map<String, Path> pinPaths = new HashMap<>();

    @BeforeAll
    static void assumePins() {
        RealKernel.assumePins();
    }

    @Override
    protected AnnotationConfigApplicationContext context(
            String cell, @Nullable AnnotationConfigApplicationContext parent) {
        AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
        Path pinPath = pinPath(cell);
        context.getEnvironment()
                .getPropertySources()
                .addFirst(new MapPropertySource(
                        "cell",
                        Map.of(
                                "asyncslot.backend",
                                "kernel",
                                "asyncslot.kernel.pin-path",
                                pinPath,
                                "asyncslot.kernel.capacity",
                                64)));
        if (parent == null) {
            context.register(KernelBackendAutoConfiguration.class, AsyncSlotAutoConfiguration.class);
        } else {
            context.setParent(parent);
            context.register(AsyncSlotAutoConfiguration.class);
        }
        return context;
    }

    /** Given by the process that started this one, if one has. */
    private Path pinPath(String cell) {
        String given = System.getProperty(PIN_PATH);
        return given == null ? pinPaths.computeIfAbsent(cell, any -> RealKernel.freshPinPath()) : Path.of(given);
    }

    @Override
    protected Map<String, String> shared(String cell) {
        return Map.of(PIN_PATH, pinPath(cell).toString());
    }

    @Override
    protected Class<?> callback(boolean withRegistry) {
        return withRegistry ? CallbackWithRegistry.class : Callback.class;
    }

    @Override
    protected boolean hasOneRegistryAtATime() {
        return true;
    }

    static class Callback {
        @TimerSlot(map = MAP)
        public void expired(String key) {
            fired(key);
        }
    }

    static class CallbackWithRegistry extends Callback {
        CallbackWithRegistry(AsyncSlotRegistry registry) {
            Objects.requireNonNull(registry);
        }
    }
}
