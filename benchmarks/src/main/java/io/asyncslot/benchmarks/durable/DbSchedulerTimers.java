package io.asyncslot.benchmarks.durable;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.exceptions.ExecutionException;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import javax.sql.DataSource;

/** db-scheduler with one execution per key. */
final class DbSchedulerTimers implements DurableTimers {

    private final OneTimeTask<Void> task;
    private final Scheduler scheduler;

    DbSchedulerTimers(DataSource database, Consumer<String> fired) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("""
                    create table scheduled_tasks (
                        task_name text not null, task_instance text not null, task_data bytea,
                        execution_time timestamp with time zone not null, picked boolean not null, picked_by text,
                        last_success timestamp with time zone, last_failure timestamp with time zone,
                        consecutive_failures int, last_heartbeat timestamp with time zone, version bigint not null,
                        priority smallint, state text, primary key (task_name, task_instance));
                    create index on scheduled_tasks (execution_time);
                    create index on scheduled_tasks (last_heartbeat)""");
        }
        task = Tasks.oneTime("benchmark").execute((instance, context) -> fired.accept(instance.getId()));
        scheduler = Scheduler.create(database, task)
                .threads(DurablePeer.THREADS)
                .pollingInterval(Duration.ofMillis(100))
                .pollUsingLockAndFetch(0.5, 4.0)
                .build();
        scheduler.start();
    }

    @Override
    public void start(String key, Instant due) {
        scheduler.scheduleIfNotExists(task.instance(key), due);
    }

    @Override
    public void startAll(List<String> keys, Instant due) {
        List<TaskInstance<?>> instances = new ArrayList<>(keys.size());
        keys.forEach(key -> instances.add(task.instance(key)));
        scheduler.scheduleBatch(instances, due);
    }

    @Override
    public boolean rearm(String key, Instant due) {
        try {
            return scheduler.reschedule(task.instance(key), due);
        } catch (ExecutionException e) {
            // Another thread rescheduled this key between this call's read and its write.
            return false;
        }
    }

    @Override
    public void close() {
        scheduler.stop();
    }
}
