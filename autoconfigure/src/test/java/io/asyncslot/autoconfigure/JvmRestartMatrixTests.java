package io.asyncslot.autoconfigure;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.test.contract.RestartMatrix;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** The jvm backend, whose slots end with their map. */
class JvmRestartMatrixTests extends RestartMatrix {

    @Override
    protected AnnotationConfigApplicationContext context(
            String cell, @Nullable AnnotationConfigApplicationContext parent) {
        AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
        if (parent != null) {
            context.setParent(parent);
        }
        context.register(AsyncSlotAutoConfiguration.class);
        return context;
    }

    @Override
    protected Class<?> callback(boolean withRegistry) {
        return withRegistry ? CallbackWithRegistry.class : Callback.class;
    }

    @Override
    protected boolean slotsOutliveTheirRegistry() {
        return false;
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
