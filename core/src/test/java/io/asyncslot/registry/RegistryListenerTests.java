package io.asyncslot.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapTypeException;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.spi.SlotListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a listener is told of maps, and what handles demand of them when the registry starts. */
class RegistryListenerTests {

    private static final TimerMapSpec<String> TIMERS =
            TimerMapSpec.named("t", String.class).callback((key, firing) -> {}).build();

    private final List<String> told = new ArrayList<>();

    private final SlotListener listener = new SlotListener() {
        @Override
        public void opened(SlotMap<?> map) {
            told.add("opened " + map.name());
            throw new IllegalStateException("a listener that fails");
        }

        @Override
        public void closed(SlotMap<?> map) {
            told.add("closed " + map.name() + " " + map.isClosed());
            throw new IllegalStateException("a listener that fails");
        }

        @Override
        public void completed(SlotFiring firing, Duration duration, @Nullable Throwable failure) {}
    };

    private final AsyncSlotRegistry registry =
            new AsyncSlotRegistryBuilder(Runnable::run).listener(listener).build();

    @Test
    void map_isToldOnceWhenOpenedAndOnceWhenClosed() throws InterruptedException {
        SlotMap<String> map = registry.register(TIMERS);
        map.close(Duration.ZERO);
        map.close(Duration.ZERO);
        registry.register(TIMERS);
        registry.register(
                WorkMapSpec.named("w", Long.class).callback((key, firing) -> {}).build());
        registry.close();
        assertThat(told)
                .startsWith("opened t", "closed t true", "opened t", "opened w")
                .hasSize(6)
                .contains("closed w true");
    }

    @Test
    void start_withAHandleOfAnotherKeyType_isRefused() {
        registry.timers("t", Long.class);
        registry.register(TIMERS);
        assertThatExceptionOfType(SlotMapTypeException.class)
                .isThrownBy(registry::start)
                .withMessageContaining(
                        "keys of type java.lang.String but was asked for as a timer map with keys of type"
                                + " java.lang.Long");
        assertThat(registry.isRunning()).isFalse();
    }

    @Test
    void start_withAHandleOfAnotherType_isRefused() {
        registry.works("t", String.class);
        registry.register(TIMERS);
        assertThatExceptionOfType(SlotMapTypeException.class)
                .isThrownBy(registry::start)
                .withMessageContaining("asked for as a work map");
    }
}
