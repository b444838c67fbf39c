package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.SlotFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.spi.SystemTicker;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** A node whose statements get no answer for a while, and no error either. */
@Timeout(90)
class NetworkPauseTests {

    private record Delivery(String node, String key, SlotFiring firing) {}

    private final BlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();
    private final CountDownLatch gate = new CountDownLatch(1);
    private HikariDataSource direct;
    private PausableProxy network;
    private HikariDataSource throughNetwork;
    private TestNode a;
    private TestNode b;

    @BeforeEach
    void start() throws Exception {
        direct = TestDatabase.pool(10);
        PGSimpleDataSource target = new PGSimpleDataSource();
        String url = url();
        int port = URI.create(url.substring("jdbc:".length())).getPort();
        network = new PausableProxy(port);
        target.setUrl(url.replace(":" + port + '/', ":" + network.port() + '/'));
        target.setUser("postgres");
        HikariConfig config = new HikariConfig();
        config.setDataSource(target);
        config.setConnectionTimeout(1_000);
        throughNetwork = new HikariDataSource(config);
        a = node(throughNetwork, "a");
        b = node(direct, "b");
    }

    /** Holds what is due within a minute; given up after two seconds of silence. */
    private static TestNode node(HikariDataSource database, String name) {
        ClusterOptions options =
                TestNode.options("network", name, Duration.ofMinutes(1), 10, ClusterOptions.WhenAway.REFUSE);
        return new TestNode(database, options, SystemTicker.instance());
    }

    private String url() throws SQLException {
        try (Connection connection = direct.getConnection()) {
            return connection.getMetaData().getURL();
        }
    }

    @AfterEach
    void stop() throws Exception {
        gate.countDown();
        network.paused(false);
        a.close();
        b.close();
        throughNetwork.close();
        network.close();
        direct.close();
    }

    @Test
    void whatTheNodeHeldAndRan_isTakenOver_andItFindsOutWhenAnswersCome() throws Exception {
        TimerSlots<String> onA = a.timers((key, firing) -> {
            deliveries.add(new Delivery("a", key, firing));
            gate.await();
        });
        TimerSlots<String> onB = b.timers((key, firing) -> deliveries.add(new Delivery("b", key, firing)));
        onA.start("running", Duration.ZERO);
        Delivery first = next();
        assertThat(first.node()).isEqualTo("a");
        onA.start("held", Duration.ofSeconds(5));
        network.paused(true);
        SlotFiring running = takenOver(next(), next());
        assertThat(running.generation()).isEqualTo(first.firing().generation());
        onB.start("running", Duration.ofHours(1));
        long armed = onB.find("running").orElseThrow().generation();
        network.paused(false);
        await().atMost(Duration.ofSeconds(20)).until(() -> first.firing().cancelled());
        gate.countDown();
        await().atMost(Duration.ofSeconds(20)).until(() -> a.<Long>detail("fenced") == 1);
        assertThat(onB.find("running").orElseThrow().generation()).isEqualTo(armed);
        await().atMost(Duration.ofSeconds(20)) // the node has joined anew; its pool may still be short of connections
                .until(() -> onA.start("after", Duration.ZERO) != StartOutcome.REJECTED);
        assertThat(next().key()).isEqualTo("after");
        assertThat(deliveries).isEmpty();
    }

    /** Both on the other node: what ran as its next attempt, what was held as its first. Answers the former. */
    private static SlotFiring takenOver(Delivery one, Delivery two) {
        assertThat(one.node()).isEqualTo("b");
        assertThat(two.node()).isEqualTo("b");
        Delivery running = one.key().equals("running") ? one : two;
        Delivery held = running == one ? two : one;
        assertThat(running.key()).isEqualTo("running");
        assertThat(running.firing().attempt()).isEqualTo(2);
        assertThat(held.key()).isEqualTo("held");
        assertThat(held.firing().attempt()).isOne();
        return running.firing();
    }

    private Delivery next() throws InterruptedException {
        Delivery delivery = deliveries.poll(20, TimeUnit.SECONDS);
        assertThat(delivery).as("a delivery within 20 s").isNotNull();
        return delivery;
    }
}
