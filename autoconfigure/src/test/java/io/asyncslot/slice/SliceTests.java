package io.asyncslot.slice;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.test.AsyncSlotTest;
import io.asyncslot.test.ManualTime;
import io.asyncslot.test.autoconfigure.AutoConfigureAsyncSlot;
import java.time.Duration;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.webmvc.test.autoconfigure.AutoConfigureMockMvc;
import org.springframework.boot.webmvc.test.autoconfigure.WebMvcTest;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.test.web.servlet.assertj.MockMvcTester;

/** A slice of an application as its users test it. */
class SliceTests {

    @Nested
    @WebMvcTest(CartController.class)
    @AutoConfigureMockMvc(addFilters = false)
    @AutoConfigureAsyncSlot
    @AsyncSlotTest
    @Import(CartExpiry.class)
    class WithTheCallback {

        @Autowired
        MockMvcTester mvc;

        @Autowired
        CartExpiry expiry;

        @Test
        void trigger_arms_andTheCallbackFires(ManualTime time, AsyncSlotRegistry registry) {
            assertThat(mvc.post().uri("/carts/c1")).hasStatusOk();
            assertThat(registry.timers("cart", String.class).find("c1")).isPresent();
            time.advance(Duration.ofMinutes(30));
            assertThat(expiry.expired).containsExactly("c1");
        }
    }

    @Nested
    @WebMvcTest(CartController.class)
    @AutoConfigureMockMvc(addFilters = false)
    @AutoConfigureAsyncSlot
    class WithoutTheCallback {

        @Autowired
        MockMvcTester mvc;

        @Autowired
        AsyncSlotRegistry registry;

        @Test
        void trigger_doesNothing() {
            assertThat(registry.isRunning()).isTrue();
            assertThat(mvc.post().uri("/carts/c1")).hasStatusOk().hasBodyTextEqualTo("c1");
            assertThat(registry.maps()).isEmpty();
        }
    }

    @Nested
    @WebMvcTest(CartController.class)
    @AutoConfigureMockMvc(addFilters = false)
    class WithoutSlots {

        @Autowired
        MockMvcTester mvc;

        @Autowired
        ApplicationContext context;

        @Test
        void trigger_isNoMoreThanAnAnnotation() {
            assertThat(context.getBeanNamesForType(AsyncSlotRegistry.class)).isEmpty();
            assertThat(mvc.post().uri("/carts/c1")).hasStatusOk();
        }
    }
}
