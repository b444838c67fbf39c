package io.asyncslot.dashboard;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.WhenIdle;
import io.asyncslot.annotation.TimerSlot;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.time.Duration;
import javax.sql.DataSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;

/** An application whose backend keeps failed firings. A slot of it is freed when it has fired. */
@Configuration(proxyBeanMethods = false)
class ClusterShop extends Shop.Application {

    /** Whether there is no stock. Written by the test, read by callbacks. */
    volatile boolean fails = true;

    static Shop start(WebApplicationType type) {
        return Shop.start(
                type,
                ClusterShop.class,
                "management.endpoint.asyncslots.access=unrestricted",
                "asyncslot.backend=cluster",
                "asyncslot.cluster.initialize-schema=always");
    }

    /** Netty's own threads: the shared ones would end with this application, and with them the server of the other shop. */
    @Bean
    ReactorResourceFactory reactorResources() {
        ReactorResourceFactory resources = new ReactorResourceFactory();
        resources.setUseGlobalResources(false);
        return resources;
    }

    @Bean
    EmbeddedPostgres postgres() throws IOException {
        return EmbeddedPostgres.builder()
                .setPGStartupWait(Duration.ofMinutes(2))
                .start();
    }

    @Bean
    DataSource dataSource(EmbeddedPostgres postgres) {
        HikariDataSource pool = new HikariDataSource();
        pool.setDataSource(postgres.getPostgresDatabase());
        return pool;
    }

    @Override
    @TimerSlot(map = "cart", delay = "30m", whenIdle = WhenIdle.FREE)
    void expired(String id) throws InterruptedException {
        if (fails) {
            super.expired(id);
        }
    }
}
