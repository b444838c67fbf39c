package io.asyncslot.cluster.spring;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.cluster.TestDatabase;
import io.asyncslot.spring.SlotConfigurationException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Keys that the cluster cannot write down end the start, with place and remedy. */
class KeyTypeTests {

    @Test
    void recordAsKey_isToldWithThePlaceAndTheRemedy() {
        try (HikariDataSource pool = TestDatabase.pool(5)) {
            new ApplicationContextRunner()
                    .withConfiguration(AutoConfigurations.of(
                            ClusterBackendAutoConfiguration.class, AsyncSlotAutoConfiguration.class))
                    .withBean(DataSource.class, () -> pool, definition -> definition.setDestroyMethodName(""))
                    .withPropertyValues("asyncslot.backend=cluster", "asyncslot.cluster.namespace=key-types")
                    .withBean("orders", Orders.class)
                    .run(context -> assertThat(context)
                            .getFailure()
                            .isInstanceOf(SlotConfigurationException.class)
                            .hasMessage("@TimerSlot of map 'payment' on " + Orders.class.getName()
                                    + ".unpaid of bean 'orders' cannot be bound: 'keyType' of map 'payment' is "
                                    + OrderKey.class.getName()
                                    + ", which backend 'cluster' has no text for: use String,"
                                    + " Long, Integer, UUID or an enum, or provide a io.asyncslot.cluster.store.SlotKeyText as a"
                                    + " service. Change the key type, the name or the backend of the map."));
        }
    }

    record OrderKey(String shop, long number) {}

    static class Orders {
        @TimerSlot(map = "payment", delay = "30m")
        void unpaid(OrderKey key) {}
    }
}
