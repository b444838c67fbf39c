package io.asyncslot.observation;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.autoconfigure.AsyncSlotContextPropagationAutoConfiguration;
import io.asyncslot.spring.SlotConfigurationException;
import io.micrometer.context.ContextRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;

/** Callbacks run with the logging context and the thread-local values of whoever armed the slot, where asked for. */
class PropagatedContextTests {

    private static final Duration DELAY = Duration.ofMinutes(1);
    private static final String USER_KEY = "io.asyncslot.test.user";
    private static final ThreadLocal<@Nullable String> USER = new ThreadLocal<>();

    private final ManualSlots slots = new ManualSlots();
    private final List<String> seen = new ArrayList<>();

    private final ApplicationContextRunner runner = slots.beans()
            .apply(new ApplicationContextRunner())
            .withConfiguration(AutoConfigurations.of(
                    AsyncSlotAutoConfiguration.class, AsyncSlotContextPropagationAutoConfiguration.class));

    private final ApplicationContextRunner enabled =
            runner.withPropertyValues("asyncslot.context-propagation.enabled=true");

    @BeforeEach
    void register() {
        ContextRegistry.getInstance().registerThreadLocalAccessor(USER_KEY, USER);
    }

    @AfterEach
    void close() {
        ContextRegistry.getInstance().removeThreadLocalAccessor(USER_KEY);
        USER.remove();
        MDC.clear();
        SecurityContextHolder.clearContext();
        slots.close();
    }

    @Test
    void callback_seesTheValuesOfWhoeverArmedItsKey() {
        enabled.run(context -> {
            TimerSlots<String> timers = timers(context.getBean(AsyncSlotRegistry.class));
            as("alice", () -> timers.start("a"));
            as("bob", () -> timers.start("b", DELAY.plusSeconds(1)));
            timers.start("c", DELAY.plusSeconds(2));
            slots.advance(DELAY);
            slots.advance(DELAY);
            assertThat(seen).containsExactly("a: alice alice", "b: bob bob", "c: null null");
        });
    }

    @Test
    void start_replaces_touchKeeps_nothingIsLeftForTheNextFiring() {
        enabled.run(context -> {
            TimerSlots<String> timers = timers(context.getBean(AsyncSlotRegistry.class));
            as("alice", () -> timers.start("a"));
            as("bob", () -> timers.start("a"));
            as("carol", () -> timers.touch("a"));
            slots.advance(DELAY);
            timers.start("a");
            slots.advance(DELAY);
            assertThat(seen).containsExactly("a: bob bob", "a: null null");
        });
    }

    @Test
    void valuesOfTheCallbacksThread_areHiddenDuringTheRun_andPutBack() {
        enabled.run(context -> {
            TimerSlots<String> timers = timers(context.getBean(AsyncSlotRegistry.class));
            slots.run(() -> {
                USER.set("worker");
                MDC.put("user", "worker");
            });
            timers.start("a");
            as("alice", () -> timers.start("b", DELAY.plusSeconds(1)));
            slots.advance(DELAY);
            slots.advance(DELAY);
            slots.run(() -> seen.add("after: " + USER.get() + " " + MDC.get("user")));
            assertThat(seen).containsExactly("a: null null", "b: alice alice", "after: worker worker");
        });
    }

    @Test
    void callbackThatThrows_leavesNothingBehind() {
        enabled.run(context -> {
            TimerSlots<String> timers = timers(context.getBean(AsyncSlotRegistry.class));
            timers.rebind((key, firing) -> {
                seen.add(key + ": " + USER.get());
                throw new IllegalStateException("bad");
            });
            as("alice", () -> timers.start("a"));
            slots.advance(DELAY);
            slots.run(() -> seen.add("after: " + USER.get() + " " + MDC.get("user")));
            assertThat(seen).containsExactly("a: alice", "after: null null");
            assertThat(timers.stats().failed()).isOne();
        });
    }

    @Test
    void callback_seesTheUserOfSpringSecurity() {
        enabled.run(context -> {
            TimerSlots<String> timers = timers(context.getBean(AsyncSlotRegistry.class));
            timers.rebind((key, firing) -> {
                Authentication user = SecurityContextHolder.getContext().getAuthentication();
                seen.add(key + ": " + (user == null ? "nobody" : user.getName()));
            });
            SecurityContextHolder.getContext()
                    .setAuthentication(new TestingAuthenticationToken("alice", "secret", "OPERATOR"));
            timers.start("a");
            SecurityContextHolder.clearContext();
            timers.start("b", DELAY.plusSeconds(1));
            slots.advance(DELAY);
            slots.advance(DELAY);
            assertThat(seen).containsExactly("a: alice", "b: nobody");
        });
    }

    @Test
    void byDefault_nothingIsCaptured() {
        runner.run(context -> {
            assertThat(context).doesNotHaveBean(PropagatedContext.class);
            TimerSlots<String> timers = timers(context.getBean(AsyncSlotRegistry.class));
            as("alice", () -> timers.start("a"));
            slots.advance(DELAY);
            assertThat(seen).containsExactly("a: null null");
        });
    }

    @Test
    void withoutItsLibrary_slotsRun_unlessPropagationIsAskedFor() {
        FilteredClassLoader without = new FilteredClassLoader("io.micrometer.context");
        runner.withClassLoader(without)
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(AsyncSlotRegistry.class));
        enabled.withClassLoader(without)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOfSatisfying(
                                SlotConfigurationException.class,
                                failure -> assertThat(failure.remedy()).contains("io.micrometer:context-propagation")));
    }

    private TimerSlots<String> timers(AsyncSlotRegistry registry) {
        return registry.register(TimerMapSpec.named("t", String.class)
                .delay(DELAY)
                .callback((key, firing) -> seen.add(key + ": " + USER.get() + " " + MDC.get("user")))
                .build());
    }

    private static void as(String user, Runnable action) {
        USER.set(user);
        MDC.put("user", user);
        try {
            action.run();
        } finally {
            USER.remove();
            MDC.remove("user");
        }
    }
}
