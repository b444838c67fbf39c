package io.asyncslot.slice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.clearInvocations;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.test.AsyncSlotTest;
import io.asyncslot.test.ManualTime;
import io.asyncslot.test.autoconfigure.AutoConfigureAsyncSlot;
import java.time.Duration;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mockito.Answers;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.context.bean.override.mockito.MockitoBean;
import org.springframework.test.context.bean.override.mockito.MockitoSpyBean;

/** Beans that a test replaces: the one with the callback, the one with the trigger, the registry. */
class MockedBeansTests {

    @Nested
    @SpringBootTest(classes = {Carts.class, CartExpiry.class})
    @AutoConfigureAsyncSlot
    class CallbackMocked {

        @MockitoBean
        CartExpiry expiry;

        @Autowired
        Carts carts;

        @Autowired
        AsyncSlotRegistry registry;

        @Test
        void itsMapIsNotThere_andTriggersDoNothing() {
            carts.open("c1");
            assertThat(registry.isRunning()).isTrue();
            assertThat(registry.map("cart")).isEmpty();
            verify(expiry, never()).expired(any());
        }
    }

    @Nested
    @SpringBootTest(classes = {Carts.class, CartExpiry.class})
    @AutoConfigureAsyncSlot(absentMap = "fail")
    @AsyncSlotTest
    class CallbackSpied {

        @MockitoSpyBean
        CartExpiry expiry;

        @Autowired
        Carts carts;

        @Test
        void theSpyIsCalled(ManualTime time) {
            carts.open("c1");
            time.advance(Duration.ofMinutes(30));
            verify(expiry).expired("c1");
            assertThat(expiry.expired).containsExactly("c1");
        }
    }

    @Nested
    @SpringBootTest(classes = {Carts.class, CartExpiry.class})
    @AutoConfigureAsyncSlot(absentMap = "fail")
    @AsyncSlotTest
    class TriggerMocked {

        @MockitoBean
        Carts carts;

        @Test
        void itArmsNothing(AsyncSlotRegistry registry) {
            carts.open("c1");
            verify(carts).open("c1");
            assertThat(registry.timers("cart", String.class).find("c1")).isEmpty();
        }
    }

    @Nested
    @SpringBootTest(classes = CartApplication.class, webEnvironment = WebEnvironment.NONE)
    @AutoConfigureAsyncSlot
    class RegistryMocked {

        @MockitoBean
        AsyncSlotRegistry registry;

        @Autowired
        Carts carts;

        @Test
        void wholeApplicationStarts_andTriggersAskTheMock() {
            clearInvocations(registry);
            carts.open("c1");
            verify(registry).map("cart");
        }
    }

    @Nested
    @SpringBootTest(classes = {Carts.class, CartExpiry.class, Holder.class})
    @AutoConfigureAsyncSlot
    class RegistryMockedWithMaps {

        @MockitoBean(answers = Answers.RETURNS_MOCKS)
        AsyncSlotRegistry registry;

        @Autowired
        Holder holder;

        @Test
        void injectedMapIsAMock() {
            when(holder.cart().start("c1")).thenReturn(StartOutcome.REJECTED);
            assertThat(holder.cart().start("c1")).isEqualTo(StartOutcome.REJECTED);
        }
    }

    record Holder(TimerSlots<String> cart) {}
}
