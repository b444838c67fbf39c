package io.asyncslot.cluster;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.event.AbstractSchedulerListener;
import com.github.kagkarlsson.scheduler.logging.LogLevel;
import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import com.github.kagkarlsson.scheduler.task.CompletionHandler.OnCompleteRemove;
import com.github.kagkarlsson.scheduler.task.ExecutionContext;
import com.github.kagkarlsson.scheduler.task.ExecutionOperations;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.CustomTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.github.kagkarlsson.scheduler.task.schedule.Schedules;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/**
 * The cluster's alarm clock and watchman: db-scheduler. Started and stopped once. Thread-safe.
 *
 * <p>The <em>sweeps</em> are one execution per shard, for ever: whichever node db-scheduler lets pick it claims what comes
 * near in that shard, and schedules it anew. The <em>watch</em> is one execution per node, which that node picks at its
 * start and stays in as long as it lives: db-scheduler's heartbeats say so. When they stay away another node finds the
 * execution dead, and releases what the node had.
 */
final class Alarm {

    private static final System.Logger LOG = System.getLogger(Alarm.class.getName());

    /** One is taken by the watch; sweeps come one after the other, since begins are waiting for the same processors. */
    private static final int THREADS = 2;

    /** Slots claimed by one statement, and how many of them there are in a sweep. */
    private static final int BATCH = 500;

    private static final int BATCHES = 10;

    private static final Duration ANOTHER_NODES_WATCH = Duration.ofMillis(50);
    private static final Duration LOOK = Duration.ofMillis(100);

    /** Tasks that this process does not know are those of other namespaces: they are not deleted. */
    private static final Duration NEVER = Duration.ofDays(36_500);

    private final ClusterEngine engine;
    private final ClusterOptions options;
    private final CustomTask<Void> sweep;
    private final CustomTask<Void> watch;
    private final ExecutorService executor = Executors.newFixedThreadPool(THREADS, InFlight.daemons("asyncslot-sweep"));
    private final ExecutorService polling =
            Executors.newSingleThreadExecutor(InFlight.daemons("asyncslot-cluster-polling"));
    private final ScheduledExecutorService housekeeping =
            Executors.newScheduledThreadPool(2, InFlight.daemons("asyncslot-cluster-heartbeat"));
    private final Scheduler scheduler;

    /** The node whose watch this process is in. Written by the watch; read by {@link #isWatched}. */
    private volatile long watched = SlotStore.NONE;

    private volatile boolean stopped;

    Alarm(ClusterEngine engine, ClusterOptions options, String taskTable) {
        this.engine = engine;
        this.options = options;
        this.sweep = Tasks.custom("asyncslot-sweep:" + options.namespace(), Void.class)
                .onFailureReschedule(Schedules.fixedDelay(options.sweepInterval()))
                .onDeadExecutionRevive()
                .execute(this::sweep);
        this.watch = Tasks.custom("asyncslot-node:" + options.namespace(), Void.class)
                .onFailureReschedule(Schedules.fixedDelay(ANOTHER_NODES_WATCH))
                .onDeadExecution((complete, operations) ->
                        dead(complete.getExecution().taskInstance.getId(), operations))
                .execute(this::watch);
        this.scheduler = Scheduler.create(engine.database().connections().dataSource(), sweep, watch)
                .tableName(taskTable)
                .schedulerName(new SchedulerName.Fixed(shortened(options.nodeName())))
                .clock(engine.clock())
                .threads(THREADS)
                .executorService(executor)
                .dueExecutor(polling)
                .housekeeperExecutor(housekeeping)
                .pollUsingLockAndFetch(0.5, 1.0)
                .pollingInterval(options.pollingInterval())
                .heartbeatInterval(options.heartbeatInterval())
                .missedHeartbeatsLimit(options.missedHeartbeats())
                .deleteUnresolvedAfter(NEVER)
                .shutdownMaxWait(Duration.ofSeconds(2))
                .failureLogging(LogLevel.DEBUG, false)
                .addSchedulerListener(new AbstractSchedulerListener() {})
                .build();
    }

    private static String shortened(String name) {
        return name.length() <= 50 ? name : name.substring(0, 50);
    }

    void start() {
        Instant now = engine.clock().now();
        for (int shard = 0; shard < SlotStore.SHARDS; shard++) {
            scheduler.scheduleIfNotExists(sweep.instance(String.valueOf(shard)), now);
        }
        scheduler.start();
    }

    /** Has a node watched that has just joined. */
    void watch(long node) {
        scheduler.scheduleIfNotExists(
                watch.instance(String.valueOf(node)), engine.clock().now());
        scheduler.triggerCheckForDueExecutions();
    }

    /** Whether this process is in the watch of a node. */
    boolean isWatched(long node) {
        return watched == node;
    }

    /** Picks no more sweeps; heartbeats go on. */
    void pause() {
        scheduler.pause();
    }

    void resume() {
        scheduler.resume();
    }

    void stop() {
        stopped = true;
        scheduler.stop();
    }

    // ---- sweeps -------------------------------------------------------------------------------------------------

    private CompletionHandler<Void> sweep(TaskInstance<Void> instance, ExecutionContext context) {
        int shard = Integer.parseInt(instance.getId());
        boolean more = true;
        for (int i = 0; i < BATCHES && more && !stopped; i++) {
            more = engine.sweep(shard, BATCH);
        }
        Duration pause = more ? Duration.ZERO : options.sweepInterval();
        return (complete, operations) ->
                operations.reschedule(complete, engine.clock().now().plus(pause));
    }

    // ---- the watch over the nodes -------------------------------------------------------------------------------

    private CompletionHandler<Void> watch(TaskInstance<Void> instance, ExecutionContext context) {
        long node = Long.parseLong(instance.getId());
        if (engine.membership().node() != node) {
            return anotherNodes(node);
        }
        watched = node;
        try {
            while (!stopped && engine.membership().node() == node) {
                if (context.getCurrentlyExecuting().getHeartbeatState().getFailedHeartbeats() > 0) {
                    engine.lost(node, "another node found its heartbeats missing");
                    return (complete, operations) -> {};
                }
                Thread.sleep(LOOK.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the scheduler stops
        } finally {
            watched = SlotStore.NONE;
        }
        return new OnCompleteRemove<>();
    }

    /**
     * The watch of a node that has not come to take it yet, and that this process got hold of: left to that node, unless
     * it is gone for good.
     */
    private CompletionHandler<Void> anotherNodes(long node) {
        if (engine.isGone(node, options.silence().multipliedBy(3))) {
            engine.release(node);
            return new OnCompleteRemove<>();
        }
        return (complete, operations) ->
                operations.reschedule(complete, engine.clock().now().plus(ANOTHER_NODES_WATCH));
    }

    private void dead(String instance, ExecutionOperations<Void> operations) {
        long node = Long.parseLong(instance);
        LOG.log(
                System.Logger.Level.WARNING,
                "node " + node + " has been silent for " + options.silence() + ": it is given up");
        engine.release(node);
        operations.stop();
    }
}
