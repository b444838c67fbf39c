package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.Merge;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.cluster.jdbc.Connections;
import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.node.Unreadable;
import io.asyncslot.cluster.postgres.Sessions;
import io.asyncslot.cluster.store.Carrying;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.Offer;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.SlotValueCodec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Values as an application meets them: what its codec does, and what it cannot read. */
@Timeout(120)
class ValueNodeTests {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final AtomicInteger NAMESPACES = new AtomicInteger();

    /** As an application whose new version reads other values than the old one wrote. */
    private static final class Versions implements SlotValueCodec {

        volatile boolean reads = true;
        volatile boolean writes = true;
        volatile Runnable beforeItFails = () -> {};

        @Override
        public byte[] write(String map, Object value) throws Exception {
            if (!writes) {
                throw new IOException("this version writes nothing");
            }
            return value.toString().getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public <V> V read(String map, byte[] bytes, Class<V> type) throws Exception {
            if (!reads) {
                beforeItFails.run();
                throw new IOException("this version reads nothing");
            }
            return type.cast(new String(bytes, StandardCharsets.UTF_8));
        }
    }

    private final Versions codec = new Versions();
    private final BlockingQueue<Object> handed = new LinkedBlockingQueue<>();
    private final ExecutorService executor = Executors.newCachedThreadPool();
    private HikariDataSource pool;
    private String namespace;
    private ClusterBackend backend;
    private AsyncSlotRegistry registry;

    @BeforeEach
    void open() {
        pool = TestDatabase.pool(10);
        namespace = "values-" + NAMESPACES.incrementAndGet();
        backend = new ClusterBackend(Connections.of(pool), ClusterOptions.of(namespace), null, codec);
        registry = new AsyncSlotRegistryBuilder(executor).backend(backend).build();
        registry.start();
    }

    @AfterEach
    void close() {
        registry.close();
        executor.shutdownNow();
        pool.close();
    }

    private ValueTimerSlots<String, String> map(SlotValues<String> values) {
        String name = "map-" + values.merge();
        registry.register(TimerMapSpec.named(name, String.class)
                .values(values)
                .callback((key, firing) -> handed.add(String.valueOf(firing.value())))
                .build());
        return registry.timers(name, String.class, String.class);
    }

    /** The pause of a firing that could not be read is over. */
    private void hurry() throws Exception {
        try (Connection connection = pool.getConnection()) {
            Jdbc.update(
                    connection,
                    "let time pass",
                    "update asyncslot_slot set due = least(due, (extract(epoch from now()) * 1000000)::bigint),"
                            + " look = 0 where due is not null and owner is null");
        }
    }

    @Test
    void valueThatCannotBeRead_isShownCountedAndKept_andHandedToWhoCanReadIt() throws Exception {
        for (SlotValues<String> values : List.of(
                SlotValues.last(String.class),
                SlotValues.collect(String.class),
                SlotValues.merging(String.class, String::concat))) {
            ValueTimerSlots<String, String> slots = map(values);
            slots.start("key", HOUR, "one");
            codec.reads = false;
            SlotSnapshot seen = slots.find("key").orElseThrow();
            assertThat(seen.value()).isNull();
            assertThat(seen.measure()).isNotNull();
            assertThat(seen.measure().notes()).anyMatch(note -> note.contains("cannot be read"));
            assertThatThrownBy(() -> slots.takeAll("key"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("a value of map '" + slots.name() + "' cannot be read as java.lang.String");
            slots.start("key", Duration.ZERO);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> slots.find("key")
                            .map(SlotSnapshot::timeLeft) // none while the run that cannot read it is being put back
                            .filter(left -> left.toSeconds() > 20)
                            .isPresent());
            await().atMost(Duration.ofSeconds(20)).until(() -> slots.stats().running() == 0);
            assertThat(handed).isEmpty();
            assertThat(backend.report().details().get("unreadableValues"))
                    .asInstanceOf(InstanceOfAssertFactories.MAP)
                    .containsEntry(slots.name(), new Unreadable.Summary(1, List.of("key")));
            codec.reads = true;
            assertThat(slots.find("key").orElseThrow().value())
                    .isEqualTo(values.merge() == Merge.COLLECT ? List.of("one") : "one");
            hurry();
            assertThat(handed.poll(20, TimeUnit.SECONDS)).isEqualTo(values.merge() == Merge.COLLECT ? "[one]" : "one");
            await().atMost(Duration.ofSeconds(20)).until(() -> slots.find("key").isEmpty());
            assertThat(slots.stats().fired()).isOne();
            assertThat(slots.stats().started()).isOne();
        }
    }

    @Test
    void valueThatCannotBeWritten_isTheCallersMisuse_andChangesNothing() {
        ValueTimerSlots<String, String> slots = map(SlotValues.last(String.class));
        codec.writes = false;
        assertThatIllegalArgumentException()
                .isThrownBy(() -> slots.start("key", HOUR, "one"))
                .withMessageContaining("a value of map 'map-LAST' cannot be written by " + Versions.class.getName());
        assertThat(slots.find("key")).isEmpty();
    }

    @Test
    void valueThatIsTooLong_isRejected_alsoWhenAFunctionMakesIt() {
        ValueTimerSlots<String, String> slots = map(SlotValues.merging(String.class, String::concat));
        assertThat(slots.start("key", HOUR, "x".repeat(8_193))).isEqualTo(StartOutcome.REJECTED);
        assertThat(slots.find("key")).isEmpty();
        assertThat(slots.start("key", HOUR, "x".repeat(8_000))).isEqualTo(StartOutcome.STARTED);
        assertThat(slots.start("key", Duration.ZERO, "x".repeat(200))).isEqualTo(StartOutcome.REJECTED);
        assertThat(slots.take("key")).contains("x".repeat(8_000));
        assertThat(slots.stats().rejected()).isEqualTo(2);
    }

    /** What is pending cannot be merged with what cannot be read: the run waits with its value, as the attempt that it is. */
    @Test
    void valueThatCannotBeRead_besideAnotherThatIsPending_waitsForItsPause() throws Exception {
        registry.register(TimerMapSpec.named("merged", String.class)
                .values(SlotValues.merging(String.class, String::concat))
                .callback((key, firing) -> handed.add(firing.value() + ", attempt " + firing.attempt()))
                .build());
        ValueTimerSlots<String, String> slots = registry.timers("merged", String.class, String.class);
        codec.beforeItFails = () -> {
            codec.beforeItFails = () -> {};
            slots.start("key", HOUR, "two");
        };
        codec.reads = false;
        slots.start("key", Duration.ZERO, "one");
        await().atMost(Duration.ofSeconds(20)).until(() -> putOff() != null);
        assertThat(putOff()).isGreaterThan(20_000_000L);
        codec.reads = true;
        hurry();
        assertThat(handed.poll(20, TimeUnit.SECONDS)).isEqualTo("one, attempt 1");
        assertThat(handed.poll(20, TimeUnit.SECONDS)).isEqualTo("two, attempt 1");
    }

    /** How long a run that was put off still waits, in microseconds; null where there is none. */
    private @Nullable Long putOff() throws Exception {
        try (Connection connection = pool.getConnection()) {
            return Jdbc.first(
                    connection,
                    "look at a pause",
                    "select look - (extract(epoch from now()) * 1000000)::bigint from asyncslot_slot"
                            + " where map = 'merged' and live and run_token is not null and owner is null",
                    row -> row.getLong(1));
        }
    }

    /** A rolling deployment that takes the values away, or declares them otherwise: nothing is lost, and it is told. */
    @Test
    void valuesThatTheMapAsDeclaredHereCannotHandOver_wait_andCanBeTaken() {
        ValueTimerSlots<String, String> slots = map(SlotValues.last(String.class));
        SlotId id = new SlotId(slots.name(), "key");
        try (Connection connection = pool.getConnection()) {
            Sessions store = new Sessions(namespace);
            Carrying collects = new Carrying(Merge.COLLECT, 0, 0, SlotStore.NONE);
            Claim nobody = new Claim(SlotStore.NONE, 0);
            for (byte value = 'a'; value < 'c'; value++) {
                store.on(connection)
                        .start(nobody, id, Deadline.in(1_000_000), new Offer(collects, new byte[] {value}, null), 0);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        await().atMost(Duration.ofSeconds(20))
                .until(() -> slots.find("key")
                        .map(SlotSnapshot::timeLeft) // none while the run that cannot read it is being put back
                        .filter(left -> left.toSeconds() > 20)
                        .isPresent());
        await().atMost(Duration.ofSeconds(20)).until(() -> slots.stats().running() == 0);
        assertThat(handed).isEmpty();
        assertThatThrownBy(() -> slots.take("key")).hasMessageContaining("2 values of a former declaration");
        assertThat(slots.takeAll("key")).containsExactly("a", "b");
        assertThat(slots.find("key")).isEmpty();
    }
}
