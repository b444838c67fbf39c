package io.asyncslot.observation;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotCallback;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.autoconfigure.AsyncSlotMetricsAutoConfiguration;
import io.asyncslot.autoconfigure.AsyncSlotObservationAutoConfiguration;
import io.asyncslot.spi.SlotInterceptor;
import io.micrometer.common.KeyValue;
import io.micrometer.common.KeyValues;
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Every run of a callback is an observation, as documented; where nobody listens there is none. */
class ObservationTests {

    private static final Duration DELAY = Duration.ofMinutes(1);

    private final ManualSlots slots = new ManualSlots();
    private final List<Observation.Context> stopped = new ArrayList<>();

    private final ApplicationContextRunner runner = slots.beans()
            .apply(new ApplicationContextRunner())
            .withConfiguration(AutoConfigurations.of(
                    AsyncSlotAutoConfiguration.class,
                    AsyncSlotObservationAutoConfiguration.class,
                    ObservationAutoConfiguration.class));

    private final ApplicationContextRunner heard = runner.withBean(Listener.class, () -> new Listener(stopped));

    @AfterEach
    void close() {
        slots.close();
    }

    @Test
    void run_isAnObservation_asDocumented() {
        heard.run(context -> {
            fire(context.getBean(AsyncSlotRegistry.class), (key, firing) -> {});
            assertThat(stopped).singleElement().satisfies(observed -> {
                assertThat(observed.getName()).isEqualTo("asyncslot.firing");
                assertThat(observed.getContextualName()).isEqualTo("slot cart");
                assertThat(observed.getLowCardinalityKeyValues())
                        .containsExactlyInAnyOrder(
                                KeyValue.of("map", "cart"),
                                KeyValue.of("backend", "jvm"),
                                KeyValue.of("type", "timer"),
                                KeyValue.of("outcome", "success"));
                assertThat(observed.getHighCardinalityKeyValues()).isEmpty();
                assertThat(observed.getError()).isNull();
                assertThat(observed.getLowCardinalityKeyValues())
                        .extracting(KeyValue::getKey)
                        .containsExactlyInAnyOrderElementsOf(
                                names(SlotObservationDocumentation.FIRING.getLowCardinalityKeyNames()));
            });
        });
    }

    @Test
    void runThatFails_isAnObservationWithTheError_andTheFailureIsCounted() {
        heard.run(context -> {
            TimerSlots<String> carts = fire(context.getBean(AsyncSlotRegistry.class), (key, firing) -> {
                throw new IllegalStateException("bad");
            });
            assertThat(stopped).singleElement().satisfies(observed -> {
                assertThat(observed.getLowCardinalityKeyValues()).contains(KeyValue.of("outcome", "failure"));
                assertThat(observed.getError()).hasMessage("bad");
            });
            assertThat(carts.stats().failed()).isOne();
        });
    }

    @Test
    void runThatIsPostponed_isAnObservationThatSaysSo() {
        heard.withBean("guard", SlotInterceptor.class, () -> (key, firing, next) -> firing.postpone(DELAY))
                .run(context -> {
                    fire(context.getBean(AsyncSlotRegistry.class), (key, firing) -> {});
                    assertThat(stopped)
                            .singleElement()
                            .satisfies(observed -> assertThat(observed.getLowCardinalityKeyValues())
                                    .contains(KeyValue.of("outcome", "postponed")));
                });
    }

    @Test
    void withKeyIncluded_theSpanHasIt_asDocumented() {
        heard.withPropertyValues("asyncslot.observation.include-key=true").run(context -> {
            fire(context.getBean(AsyncSlotRegistry.class), (key, firing) -> {});
            assertThat(stopped).singleElement().satisfies(observed -> {
                assertThat(observed.getHighCardinalityKeyValues())
                        .containsExactly(KeyValue.of("asyncslot.key", "secret"));
                assertThat(names(SlotObservationDocumentation.FIRING.getHighCardinalityKeyNames()))
                        .containsExactly("asyncslot.key");
                assertThat(observed.getLowCardinalityKeyValues().toString()).doesNotContain("secret");
            });
        });
    }

    @Test
    void conventionOfTheUser_wins() {
        SlotObservationConvention own = new DefaultSlotObservationConvention() {
            @Override
            public String getName() {
                return "shop.slot";
            }

            @Override
            public KeyValues getLowCardinalityKeyValues(SlotObservationContext context) {
                return super.getLowCardinalityKeyValues(context).and("shop", "north");
            }
        };
        heard.withBean(SlotObservationConvention.class, () -> own).run(context -> {
            fire(context.getBean(AsyncSlotRegistry.class), (key, firing) -> {});
            assertThat(stopped).singleElement().satisfies(observed -> {
                assertThat(observed.getName()).isEqualTo("shop.slot");
                assertThat(observed.getLowCardinalityKeyValues()).contains(KeyValue.of("shop", "north"));
            });
        });
    }

    @Test
    void observation_isCurrentInTheCallback_andAroundOtherInterceptors() {
        List<String> current = new ArrayList<>();
        heard.withBean("guard", SlotInterceptor.class, () -> (key, firing, next) -> {
                    throw new IllegalStateException("refused");
                })
                .run(context -> {
                    fire(context.getBean(AsyncSlotRegistry.class), (key, firing) -> {});
                    assertThat(stopped)
                            .singleElement()
                            .satisfies(
                                    observed -> assertThat(observed.getError()).hasMessage("refused"));
                });
        heard.run(context -> {
            ObservationRegistry observations = context.getBean(ObservationRegistry.class);
            fire(context.getBean(AsyncSlotRegistry.class), (key, firing) -> {
                Observation observation = observations.getCurrentObservation();
                current.add(
                        observation == null
                                ? "none"
                                : observation.getContextView().getName());
            });
        });
        assertThat(current).containsExactly("asyncslot.firing");
    }

    @Test
    void metersOfTheObservation_haveTheDocumentedTagsAndTheError_neverTheKey() {
        runner.withConfiguration(AutoConfigurations.of(
                        MetricsAutoConfiguration.class,
                        CompositeMeterRegistryAutoConfiguration.class,
                        AsyncSlotMetricsAutoConfiguration.class))
                .withBean(SimpleMeterRegistry.class)
                .withPropertyValues("asyncslot.observation.include-key=true")
                .run(context -> {
                    fire(context.getBean(AsyncSlotRegistry.class), (key, firing) -> {});
                    var timer = context.getBean(MeterRegistry.class)
                            .get("asyncslot.firing")
                            .timer();
                    assertThat(timer.count()).isOne();
                    List<String> tags =
                            new ArrayList<>(names(SlotObservationDocumentation.FIRING.getLowCardinalityKeyNames()));
                    tags.add("error");
                    assertThat(timer.getId().getTags())
                            .extracting(Tag::getKey)
                            .containsExactlyInAnyOrderElementsOf(tags);
                    assertThat(timer.getId().toString()).doesNotContain("secret");
                });
    }

    @Test
    void withoutListeners_thereIsNoObservation() {
        runner.run(context -> {
            ObservationRegistry observations = context.getBean(ObservationRegistry.class);
            assertThat(observations.isNoop()).isTrue();
            List<Boolean> none = new ArrayList<>();
            fire(
                    context.getBean(AsyncSlotRegistry.class),
                    (key, firing) -> none.add(observations.getCurrentObservation() == null));
            assertThat(none).containsExactly(true);
        });
    }

    @Test
    void disabledByProperty_orByMicrometer_thereIsNone() {
        heard.withPropertyValues("asyncslot.observation.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(ObservedRuns.class));
        heard.withPropertyValues("management.observations.enable.asyncslot=false")
                .run(context -> fire(context.getBean(AsyncSlotRegistry.class), (key, firing) -> {}));
        assertThat(stopped).isEmpty();
    }

    @Test
    void withoutTracingOrObservationRegistry_slotsRunAllTheSame() {
        runner.withClassLoader(new FilteredClassLoader("io.micrometer.tracing"))
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(ObservedRuns.class));
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        AsyncSlotAutoConfiguration.class, AsyncSlotObservationAutoConfiguration.class))
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(ObservedRuns.class));
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        AsyncSlotAutoConfiguration.class, AsyncSlotObservationAutoConfiguration.class))
                .withClassLoader(new FilteredClassLoader("io.micrometer"))
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(AsyncSlotRegistry.class));
    }

    private TimerSlots<String> fire(AsyncSlotRegistry registry, SlotCallback<String> callback) {
        TimerSlots<String> carts = registry.register(TimerMapSpec.named("cart", String.class)
                .delay(DELAY)
                .callback(callback)
                .build());
        carts.start("secret");
        slots.advance(DELAY);
        assertThat(carts.stats().fired()).isOne();
        return carts;
    }

    private static List<String> names(KeyName[] names) {
        return Arrays.stream(names).map(KeyName::asString).toList();
    }

    private record Listener(List<Observation.Context> stopped) implements ObservationHandler<Observation.Context> {

        @Override
        public void onStop(Observation.Context context) {
            stopped.add(context);
        }

        @Override
        public boolean supportsContext(Observation.Context context) {
            return context instanceof SlotObservationContext;
        }
    }
}
