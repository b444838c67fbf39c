package io.asyncslot.kernel.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.kernel.KernelBackend;
import io.asyncslot.kernel.KernelOptions;
import io.asyncslot.kernel.KernelProbe;
import io.asyncslot.kernel.KernelReport;
import io.asyncslot.spring.BackendSelection;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class KernelBackendAutoConfigurationTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(AsyncSlotAutoConfiguration.class, KernelBackendAutoConfiguration.class));

    @Test
    void asLongAsNobodyAsksForIt_theKernelIsNotTouched() {
        runner.withUserConfiguration(Callbacks.class).run(context -> {
            assertThat(context).hasNotFailed().hasSingleBean(KernelBackend.class);
            assertThat(context.getBean(BackendSelection.class).used()).isEqualTo("jvm");
            assertThat(context.getBean(AsyncSlotRegistry.class)
                            .map("carts")
                            .orElseThrow()
                            .backend())
                    .isEqualTo("jvm");
            KernelBackend backend = context.getBean(KernelBackend.class);
            assertThat(backend.report().details()).doesNotContainKey("running");
        });
    }

    /** The module is found by a file of its own, which an older Java could not load as a class. */
    @Test
    void withoutItsConfiguration_theReasonIsNotTheClassPath() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(AsyncSlotAutoConfiguration.class))
                .withPropertyValues("asyncslot.backend=kernel")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("its module is there, but not its bean")
                        .extracting("remedy")
                        .asString()
                        .contains("Do not exclude KernelBackendAutoConfiguration, or define the bean."));
    }

    @Test
    void auto_takesWhatTheProbeSays() {
        KernelReport probe = KernelProbe.probe(null);
        runner.withPropertyValues("asyncslot.backend=auto").run(context -> {
            BackendSelection selection = context.getBean(BackendSelection.class);
            assertThat(selection.requested()).isEqualTo("auto");
            assertThat(selection.used()).isEqualTo(probe.available() ? "kernel" : "jvm");
            assertThat(selection.reasons().isEmpty()).isEqualTo(probe.available());
        });
    }

    @Test
    void properties_areBoundAndChecked() {
        runner.withPropertyValues(
                        "asyncslot.kernel.pin-path=/sys/fs/bpf/shop",
                        "asyncslot.kernel.capacity=100",
                        "asyncslot.kernel.key-bytes=16",
                        "asyncslot.kernel.max-value-bytes=2048",
                        "asyncslot.kernel.fallback=fail",
                        "asyncslot.kernel.cpu-pin=true",
                        "asyncslot.kernel.touchable-maps=idle,sessions",
                        "asyncslot.kernel.wait-for-holder=20s",
                        "asyncslot.kernel.take-over=true")
                .run(context -> assertThat(context.getBean(KernelProperties.class))
                        .isEqualTo(new KernelProperties(
                                Path.of("/sys/fs/bpf/shop"),
                                100,
                                16,
                                2_048,
                                KernelOptions.Fallback.FAIL,
                                true,
                                Set.of("idle", "sessions"),
                                Duration.ofSeconds(20),
                                true)));
        runner.withPropertyValues("asyncslot.kernel.take-over=true")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("asyncslot.kernel.take-over")
                        .hasMessageContaining("wait-for-holder"));
        runner.withPropertyValues("asyncslot.kernel.capacity=0")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("asyncslot.kernel.capacity")
                        .hasMessageContaining("0"));
        runner.withPropertyValues("asyncslot.kernel.pin-path=shop")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("asyncslot.kernel.pin-path")
                        .hasMessageContaining("shop"));
    }

    @Test
    void kernel_firesACallbackBoundByAnnotation() {
        KernelReport probe = KernelProbe.probe(null);
        assumeTrue(probe.available(), () -> "SKIPPED: slots cannot be loaded here: " + probe.reasons());
        runner.withUserConfiguration(Callbacks.class)
                .withBean(CircuitBreakerRegistry.class, CircuitBreakerRegistry::ofDefaults)
                .withPropertyValues("asyncslot.backend=kernel", "asyncslot.kernel.capacity=16")
                .run(context -> {
                    TimerSlots<String> carts =
                            context.getBean(AsyncSlotRegistry.class).timers("carts", String.class);
                    assertThat(carts.start("c1", Duration.ofMillis(20))).isEqualTo(StartOutcome.STARTED);
                    SlotFiring firing = context.getBean(Callbacks.class).fired.poll(10, TimeUnit.SECONDS);
                    assertThat(firing).isNotNull();
                    assertThat(firing.backend()).isEqualTo("kernel");
                    assertThat(firing.lateness()).isGreaterThanOrEqualTo(Duration.ZERO);
                    assertThat(context.getBean(KernelBackend.class).report().details())
                            .containsEntry("running", true);
                    assertThat(context.getBean(CircuitBreakerRegistry.class).find("asyncslot-kernel"))
                            .isPresent();
                });
    }

    static class Callbacks {
        final BlockingQueue<SlotFiring> fired = new LinkedBlockingQueue<>();

        @TimerSlot(map = "carts")
        void expire(String cart, SlotFiring firing) {
            fired.add(firing);
        }
    }
}
