package io.asyncslot.actuate;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotValues;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.ValueTimerSlots;
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
            awaitFailure(slots, "fail");
            ok(get(open, "/cart/fail"))
                    .extractingPath("$.lastFiring.failure")
                    .isEqualTo("java.lang.IllegalStateException: secret of fail");
        }
    }

    @Test
    void value_isMaskedUnlessValuesAreShown_andNeverInAList() throws Exception {
        for (String shown : new String[] {"never", "always"}) {
            try (ConfigurableApplicationContext open = run("management.endpoint.asyncslots.show-values=" + shown)) {
                AsyncSlotRegistry registry = open.getBean(AsyncSlotRegistry.class);
                registry.register(TimerMapSpec.named("audit", String.class)
                        .collecting(SlotValues.collect(String.class), (key, values, firing) -> {})
                        .build());
                ValueTimerSlots<String, String> slots = registry.timers("audit", String.class, String.class);
                slots.start("tenant", Duration.ofHours(1), "top secret");
                slots.start("tenant", Duration.ofHours(1), "more of it");
                ok(get(open, "/audit/tenant"))
                        .extractingPath("$.value")
                        .isEqualTo(shown.equals("never") ? "******" : "[top secret, more of it]");
                ok(get(open, "/audit")).doesNotHavePath("$.slots[0].value");
            }
        }
    }
}
