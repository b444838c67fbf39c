package io.asyncslot.benchmarks.durable;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jobrunr.configuration.JobRunr;
import org.jobrunr.jobs.lambdas.JobRequest;
import org.jobrunr.jobs.lambdas.JobRequestHandler;
import org.jobrunr.scheduling.JobRequestScheduler;
import org.jobrunr.server.BackgroundJobServerConfiguration;
import org.jobrunr.storage.sql.postgres.PostgresStorageProvider;

/** JobRunr with one scheduled job per key. A job that is scheduled keeps its time, so there is no re-arm. */
final class JobRunrTimers implements DurableTimers {

    private static final AtomicReference<Consumer<String>> FIRED = new AtomicReference<>(key -> {});

    private final JobRequestScheduler scheduler;

    JobRunrTimers(DataSource database, Consumer<String> fired) {
        FIRED.set(fired);
        scheduler = JobRunr.configure()
                .useStorageProvider(new PostgresStorageProvider(database))
                .useBackgroundJobServer(BackgroundJobServerConfiguration.usingStandardBackgroundJobServerConfiguration()
                        .andPollInterval(Duration.ofSeconds(5))
                        .andWorkerCount(DurablePeer.THREADS))
                .initialize()
                .getJobRequestScheduler();
    }

    @Override
    public void start(String key, Instant due) {
        scheduler.schedule(UUID.nameUUIDFromBytes(key.getBytes(StandardCharsets.UTF_8)), due, new Fire(key));
    }

    @Override
    public boolean rearm(String key, Instant due) {
        return false;
    }

    @Override
    public void close() {
        JobRunr.destroy();
    }

    /**
     * A job.
     *
     * @param key its key
     */
    public record Fire(String key) implements JobRequest {
        @Override
        public Class<Handler> getJobRequestHandler() {
            return Handler.class;
        }
    }

    /** Runs jobs. Made by JobRunr. */
    public static final class Handler implements JobRequestHandler<Fire> {
        @Override
        public void run(Fire job) {
            FIRED.get().accept(job.key());
        }
    }
}
