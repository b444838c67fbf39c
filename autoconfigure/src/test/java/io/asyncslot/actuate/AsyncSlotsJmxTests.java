package io.asyncslot.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.TimerSlot;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Map;
import javax.management.MBeanOperationInfo;
import javax.management.MBeanParameterInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/** The endpoint over JMX. */
class AsyncSlotsJmxTests {

    private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

    private interface Scenario {
        void run(ObjectName bean, TimerSlots<String> carts) throws Exception;
    }

    private void run(String access, Scenario test) throws Exception {
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .properties(
                        "spring.jmx.enabled=true",
                        "spring.jmx.unique-names=true",
                        "management.endpoints.jmx.exposure.include=asyncslots",
                        "management.endpoint.asyncslots.access=" + access,
                        "spring.main.banner-mode=off")
                .run()) {
            ObjectName bean = server.queryNames(
                            new ObjectName("org.springframework.boot:type=Endpoint,name=Asyncslots,*"), null)
                    .iterator()
                    .next();
            test.run(bean, context.getBean(AsyncSlotRegistry.class).timers("cart", String.class));
        }
    }

    private Object invoke(ObjectName bean, String operation, Map<String, Object> arguments) throws Exception {
        MBeanOperationInfo info = Arrays.stream(server.getMBeanInfo(bean).getOperations())
                .filter(one -> one.getName().equals(operation))
                .findFirst()
                .orElseThrow();
        MBeanParameterInfo[] signature = info.getSignature();
        return server.invoke(
                bean,
                operation,
                Arrays.stream(signature)
                        .map(one -> arguments.get(one.getName()))
                        .toArray(),
                Arrays.stream(signature).map(MBeanParameterInfo::getType).toArray(String[]::new));
    }

    @Test
    void reads_andWrites() throws Exception {
        run("unrestricted", (bean, carts) -> {
            Object started =
                    invoke(bean, "write", Map.of("action", "start", "delay", "10m", "map", "cart", "key", "a//b"));
            assertThat(started)
                    .asInstanceOf(InstanceOfAssertFactories.map(String.class, Object.class))
                    .containsEntry("key", "a//b")
                    .containsEntry("outcome", "STARTED");
            assertThat(carts.find("a//b")).isPresent();
            Object found = invoke(bean, "find", Map.of("map", "cart", "key", "a//b"));
            assertThat(found)
                    .asInstanceOf(InstanceOfAssertFactories.map(String.class, Object.class))
                    .containsEntry("runState", "ARMED")
                    .containsKey("explanation");
            Object deleted = invoke(bean, "delete", Map.of("map", "cart", "key", "a//b"));
            assertThat(deleted)
                    .asInstanceOf(InstanceOfAssertFactories.map(String.class, Object.class))
                    .containsEntry("outcome", "DELETED_ARMED");
            assertThat(invoke(bean, "find", Map.of("map", "cart", "key", "a//b")))
                    .isNull();
            assertThatThrownBy(() -> invoke(bean, "write", Map.of("action", "explode", "map", "cart", "key", "k")))
                    .hasRootCauseMessage(
                            "'action' must be one of [start, cancel, fire, pause, resume, delete, retry, forget]:"
                                    + " 'explode'");
        });
    }

    @Test
    void readOnly_hasNoWriteOperations() throws Exception {
        run(
                "read-only",
                (bean, carts) -> assertThat(server.getMBeanInfo(bean).getOperations())
                        .extracting(MBeanOperationInfo::getName)
                        .containsExactlyInAnyOrder("slots", "find", "slot"));
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        @TimerSlot(map = "cart", delay = "30m")
        void expired(String id) {}
    }
}
