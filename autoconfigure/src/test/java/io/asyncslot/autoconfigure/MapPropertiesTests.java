package io.asyncslot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.asyncslot.LatePolicy;
import io.asyncslot.SlotRole;
import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.spring.SlotMapSettings;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** The names of maps in properties, relaxed as Spring Boot's are. */
class MapPropertiesTests {

    private final Map<String, Object> variables = new LinkedHashMap<>();
    private final Map<String, Object> file = new LinkedHashMap<>();

    private SlotMapSettings settings(String map) {
        return properties().of(map);
    }

    private MapProperties properties() {
        StandardEnvironment environment = new StandardEnvironment();
        environment
                .getPropertySources()
                .replace(
                        StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                        new SystemEnvironmentPropertySource(
                                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables));
        environment.getPropertySources().addLast(new MapPropertySource("file", file));
        return new MapProperties(environment, Set.of());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ASYNCSLOT_MAPS_ORDER_TIMEOUT_DELAY",
                "ASYNCSLOT_MAPS_ORDERTIMEOUT_DELAY",
                "asyncslot_maps_order_timeout_delay"
            })
    void environmentVariable_reachesEverySpellingOfAMap(String variable) {
        variables.put(variable, "7m");
        for (String map : new String[] {"order-timeout", "orderTimeout", "order_timeout", "Order-Timeout"}) {
            assertThat(settings(map).delay()).as(map).isEqualTo(Duration.ofMinutes(7));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "asyncslot.maps.order-timeout.delay",
                "asyncslot.maps.orderTimeout.delay",
                "asyncslot.maps.order_timeout.delay",
                "asyncslot.maps.ORDER_TIMEOUT.delay",
                "asyncslot.maps[order-timeout].delay"
            })
    void property_reachesAMap_howeverItIsSpelled(String property) {
        file.put(property, "7m");
        assertThat(settings("order-timeout").delay()).isEqualTo(Duration.ofMinutes(7));
    }

    @Test
    void namesThatOnlyBracketsCanHold_areBound() {
        for (String map : new String[] {"my_map", "My.Map", "a..b", "9", "x.", "x-"}) {
            file.put("asyncslot.maps.[" + map + "].delay", "3m");
            assertThat(settings(map).delay()).as(map).isEqualTo(Duration.ofMinutes(3));
            file.clear();
        }
    }

    @Test
    void nameWithDots_isBound() {
        file.put("asyncslot.maps.shop.cart.delay", "3m");
        variables.put("ASYNCSLOT_MAPS_SHOP_CART_LATE", "ALL");
        assertThat(settings("shop.cart"))
                .extracting(SlotMapSettings::delay, SlotMapSettings::late)
                .containsExactly(Duration.ofMinutes(3), LatePolicy.ALL);
    }

    @Test
    void variable_winsOverTheFile_andTheOthersOfTheFileStay() {
        file.put("asyncslot.maps.[order_timeout].delay", "1m");
        file.put("asyncslot.maps.[order_timeout].late", "skip");
        variables.put("ASYNCSLOT_MAPS_ORDER_TIMEOUT_DELAY", "2m");
        assertThat(settings("order_timeout"))
                .extracting(SlotMapSettings::delay, SlotMapSettings::late)
                .containsExactly(Duration.ofMinutes(2), LatePolicy.SKIP);
    }

    @Test
    void oneMap_isNotAnother() {
        file.put("asyncslot.maps.order.delay", "1m");
        assertThat(settings("order-timeout")).isEqualTo(SlotMapSettings.NONE);
        assertThat(settings("orders")).isEqualTo(SlotMapSettings.NONE);
    }

    @Test
    void role_isRelaxedToo() {
        variables.put("ASYNCSLOT_MAPS_ORDER_TIMEOUT_ROLE", "client");
        assertThat(settings("order-timeout").role()).isEqualTo(SlotRole.CLIENT);
        assertThat(settings("orders").role()).isNull();
    }

    /** On jvm what a client arms would fire nowhere. */
    @Test
    void clientOfAMapThatNobodyElseCanServe_endsTheStart() {
        SpringApplicationBuilder application = new SpringApplicationBuilder(Application.class)
                .properties("asyncslot.maps.order-timeout.role=client")
                .web(org.springframework.boot.WebApplicationType.NONE);
        assertThatException()
                .isThrownBy(application::run)
                .withStackTraceContaining("map 'order-timeout' has the role CLIENT")
                .withStackTraceContaining("which this backend does not provide");
    }

    @Test
    void badValue_isToldWithTheProperty() {
        variables.put("ASYNCSLOT_MAPS_ORDER_TIMEOUT_DELAY", "soon");
        assertThatExceptionOfType(BindException.class)
                .isThrownBy(() -> settings("order-timeout"))
                .withMessageContaining("delay");
    }

    @Test
    void namesThatNoMapHas_areTold() {
        MapProperties properties = new MapProperties(
                new StandardEnvironment(), Set.of("order-timeout", "ordertimeout", "shop", "sesion", "order"));
        assertThat(properties.unmatched(Set.of("orderTimeout", "shop.cart", "session")))
                .containsExactly("sesion");
    }

    @Test
    void application_isConfiguredByVariables() {
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
                .initializers(started -> started.getEnvironment()
                        .getPropertySources()
                        .addFirst(new SystemEnvironmentPropertySource(
                                "test-" + StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                                Map.of("ASYNCSLOT_MAPS_ORDER_TIMEOUT_DELAY", "7m"))))
                .web(org.springframework.boot.WebApplicationType.NONE)
                .run()) {
            TimerSlots<String> orders =
                    context.getBean(io.asyncslot.AsyncSlotRegistry.class).timers("order-timeout", String.class);
            orders.start("o1");
            assertThat(orders.find("o1").orElseThrow().timeLeft())
                    .isBetween(Duration.ofMinutes(6), Duration.ofMinutes(7));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        @TimerSlot(map = "order-timeout", delay = "1h")
        void late(String order) {}
    }
}
