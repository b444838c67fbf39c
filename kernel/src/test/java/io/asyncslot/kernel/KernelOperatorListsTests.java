package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.asyncslot.SlotCause;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.actuate.AsyncSlotsEndpoint;
import io.asyncslot.actuate.SlotDescriptor;
import io.asyncslot.actuate.SlotMapSlotsDescriptor;
import io.asyncslot.spring.BackendSelection;
import io.asyncslot.test.ManualTicker;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The lists that operators ask for, of slots in a kernel. */
class KernelOperatorListsTests {

    private final ManualTicker ticker = new ManualTicker(Instant.parse("2026-01-01T00:00:00Z"));
    private final SimulatedApplication application =
            new SimulatedApplication(new SimulatedKernel(ticker, 64, 32), ticker, KernelOptions.defaults(), false);
    private final TimerSlots<String> map = application.registry.register(
            application.spec("orders").whenIdle(WhenIdle.KEEP).historySize(8).build());
    private final AsyncSlotsEndpoint endpoint = new AsyncSlotsEndpoint(
            application.registry, new BackendSelection("kernel", "kernel", List.of()), List.of(), event -> {});

    @AfterEach
    void close() {
        application.close();
    }

    private List<SlotDescriptor> list(@Nullable String state, @Nullable String within, @Nullable String sort) {
        return ((SlotMapSlotsDescriptor)
                        Objects.requireNonNull(endpoint.find("orders", null, state, null, within, sort, null, null)))
                .slots();
    }

    @Test
    void overdueAndDueWithin_byDeadline() {
        application.start();
        map.pause();
        for (int i = 0; i < 10; i++) {
            map.start("due" + i, Duration.ofMillis(20 - i)); // in the reverse order of their names
            map.start("later" + i, Duration.ofHours(2 + i));
        }
        map.start("soon", Duration.ofMinutes(20));
        application.pass(Duration.ofSeconds(1));
        assertThat(list("overdue", null, "deadline"))
                .extracting(SlotDescriptor::key)
                .containsExactly("due9", "due8", "due7", "due6", "due5", "due4", "due3", "due2", "due1", "due0");
        assertThat(list(null, "30m", "deadline"))
                .extracting(SlotDescriptor::key)
                .hasSize(11)
                .endsWith("soon");
    }

    @Test
    void paused_byTime_withWhoPausedIt() {
        application.start();
        for (String key : List.of("p1", "p2", "other")) {
            map.start(key, Duration.ofHours(1));
        }
        new SlotCause(SlotCause.Type.ENDPOINT, "user alice").during(() -> map.pause("p2"));
        application.pass(Duration.ofSeconds(1));
        map.pause("p1");
        assertThat(list("paused", null, "paused"))
                .extracting(SlotDescriptor::key, SlotDescriptor::pausedBy)
                .containsExactly(tuple("p2", "the endpoint (user alice)"), tuple("p1", null));
    }
}
