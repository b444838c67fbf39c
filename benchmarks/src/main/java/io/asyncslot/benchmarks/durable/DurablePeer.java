package io.asyncslot.benchmarks.durable;

import java.util.function.Consumer;
import javax.sql.DataSource;

/** Who keeps timers in PostgreSQL, each set up for throughput and the least lateness that it allows. */
enum DurablePeer {
    /** This library's cluster backend with its standard options. */
    ASYNCSLOT("AsyncSlot cluster", AsyncSlotTimers::new),
    /** db-scheduler by itself: lock-and-fetch, polling every 100 ms. */
    DB_SCHEDULER("db-scheduler 16.12", DbSchedulerTimers::new),
    /** Quartz with its clustered JDBC store. */
    QUARTZ("Quartz JDBC 2.5", QuartzTimers::new),
    /** JobRunr with its shortest polling interval. */
    JOBRUNR("JobRunr 8.7", JobRunrTimers::new);

    /** Sets timers up on an empty database. */
    interface Opening {
        DurableTimers open(DataSource database, Consumer<String> fired) throws Exception;
    }

    static final int THREADS = 16;

    private final String title;

    @SuppressWarnings("ImmutableEnumChecker") // a constructor
    private final Opening opening;

    DurablePeer(String title, Opening opening) {
        this.title = title;
        this.opening = opening;
    }

    String title() {
        return title;
    }

    DurableTimers open(DataSource database, Consumer<String> fired) throws Exception {
        return opening.open(database, fired);
    }
}
