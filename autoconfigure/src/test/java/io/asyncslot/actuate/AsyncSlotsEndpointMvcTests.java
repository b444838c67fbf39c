package io.asyncslot.actuate;

import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.context.ConfigurableApplicationContext;

/** The endpoint on Spring MVC. */
class AsyncSlotsEndpointMvcTests extends AbstractAsyncSlotsEndpointTests {

    AsyncSlotsEndpointMvcTests() {
        super(WebApplicationType.SERVLET);
    }

    @Test
    void failure_isShownWhereValuesAre() throws Exception {
        try (ConfigurableApplicationContext open = run("management.endpoint.asyncslots.show-values=always")) {
            TimerSlots<String> slots = open.getBean(AsyncSlotRegistry.class).timers("cart", String.class);
            slots.start("fail", Duration.ZERO);
            await().until(() -> slots.stats().failed() > 0 && slots.stats().running() == 0);
            ok(get(open, "/cart/fail"))
                    .extractingPath("$.lastFiring.failure")
                    .isEqualTo("java.lang.IllegalStateException: secret of fail");
        }
    }
}
