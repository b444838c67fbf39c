package io.asyncslot.benchmarks.durable;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.Date;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.JobExecutionContext;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.Trigger;
import org.quartz.TriggerBuilder;
import org.quartz.TriggerKey;
import org.quartz.impl.StdSchedulerFactory;
import org.quartz.utils.ConnectionProvider;
import org.quartz.utils.DBConnectionManager;

/** Quartz with one trigger per key on one durable job. */
final class QuartzTimers implements DurableTimers {

    private static final String SOURCE = "benchmark";
    private static final AtomicReference<Consumer<String>> FIRED = new AtomicReference<>(key -> {});

    private final Scheduler scheduler;
    private final JobDetail job;

    QuartzTimers(DataSource database, Consumer<String> fired) throws SchedulerException, SQLException, IOException {
        createTables(database);
        FIRED.set(fired);
        DBConnectionManager.getInstance().addConnectionProvider(SOURCE, new Source(database));
        Properties properties = new Properties();
        properties.putAll(java.util.Map.of(
                "org.quartz.scheduler.instanceName", "benchmark",
                "org.quartz.scheduler.instanceId", "AUTO",
                "org.quartz.scheduler.batchTriggerAcquisitionMaxCount", "50",
                "org.quartz.threadPool.threadCount", Integer.toString(DurablePeer.THREADS),
                "org.quartz.jobStore.class", "org.quartz.impl.jdbcjobstore.JobStoreTX",
                "org.quartz.jobStore.driverDelegateClass", "org.quartz.impl.jdbcjobstore.PostgreSQLDelegate",
                "org.quartz.jobStore.dataSource", SOURCE,
                "org.quartz.jobStore.isClustered", "true",
                "org.quartz.jobStore.acquireTriggersWithinLock", "true"));
        scheduler = new StdSchedulerFactory(properties).getScheduler();
        job = JobBuilder.newJob(Fire.class).withIdentity("fire").storeDurably().build();
        scheduler.addJob(job, true);
        scheduler.start();
    }

    private static void createTables(DataSource database) throws SQLException, IOException {
        try (InputStream script =
                        JobDetail.class.getResourceAsStream("/org/quartz/impl/jdbcjobstore/tables_postgres.sql");
                Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            if (script == null) {
                throw new IllegalStateException("Quartz has no tables_postgres.sql");
            }
            statement.execute(new String(script.readAllBytes(), StandardCharsets.UTF_8));
            if (!connection.getAutoCommit()) {
                connection.commit();
            }
        }
    }

    @Override
    public void start(String key, Instant due) throws SchedulerException {
        scheduler.scheduleJob(trigger(key, due));
    }

    @Override
    public boolean rearm(String key, Instant due) throws SchedulerException {
        return scheduler.rescheduleJob(TriggerKey.triggerKey(key), trigger(key, due)) != null;
    }

    private Trigger trigger(String key, Instant due) {
        return TriggerBuilder.newTrigger()
                .withIdentity(key)
                .forJob(job)
                .startAt(Date.from(due))
                .build();
    }

    @Override
    public void close() {
        try {
            scheduler.shutdown(true);
        } catch (SchedulerException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What the triggers start. Made by Quartz. */
    public static final class Fire implements Job {
        @Override
        public void execute(JobExecutionContext context) {
            FIRED.get().accept(context.getTrigger().getKey().getName());
        }
    }

    /** Quartz's way to the pool that all peers have. */
    private record Source(DataSource database) implements ConnectionProvider {
        @Override
        public Connection getConnection() throws SQLException {
            return database.getConnection();
        }

        @Override
        public void initialize() {}

        @Override
        public void shutdown() {}
    }
}
