package io.asyncslot.benchmarks.peer;

import io.asyncslot.jvm.JvmOptions;
import java.time.Duration;
import java.util.function.Function;

/** Everything that is measured. */
public enum Peer {
    /** Ours as the plain API has it, calling back on the timer thread. */
    ASYNCSLOT("AsyncSlot", fired -> SlotTimers.inline(fired, 0)),
    /** Ours with the history that Spring's properties switch on. */
    ASYNCSLOT_HISTORY("AsyncSlot, history 8", fired -> SlotTimers.inline(fired, 8)),
    /** Ours, calling back on workers. */
    ASYNCSLOT_WORKER("AsyncSlot, worker", SlotTimers::onWorkers),
    /** Ours without the short scheduler slice, which needs native access. */
    ASYNCSLOT_NO_SLICE(
            "AsyncSlot, no native access",
            fired -> SlotTimers.with(fired, JvmOptions.defaults().withSlice(Duration.ZERO))),
    /** Ours, waking at most every 30 microseconds. */
    ASYNCSLOT_MERGED(
            "AsyncSlot, wake interval 30 µs",
            fired -> SlotTimers.with(fired, JvmOptions.defaults().withWakeInterval(Duration.ofNanos(30_000)))),
    /** Ours, spinning before a deadline. */
    ASYNCSLOT_SPIN(
            "AsyncSlot, spin 80 µs",
            fired -> SlotTimers.with(fired, JvmOptions.defaults().withSpin(Duration.ofNanos(80_000)))),
    /** ScheduledThreadPoolExecutor. */
    STPE("STPE + map", ScheduledPoolTimers::new),
    /** ThreadPoolTaskScheduler. */
    SPRING("Spring + map", SpringTimers::new),
    /** ForkJoinPool of Java 25. */
    FJP("FJP 25 + map", ForkJoinTimers::new),
    /** HashedWheelTimer. */
    NETTY("Netty + map", NettyTimers::new),
    /** LightArrayRevolverScheduler. */
    PEKKO("Pekko + map", PekkoTimers::new),
    /** DeadlineTimerWheel. */
    AGRONA("Agrona (floor: one thread)", AgronaTimers::new);

    private final String title;

    @SuppressWarnings("ImmutableEnumChecker") // constructors, which hold nothing
    private final Function<Fired, KeyedTimers> maker;

    Peer(String title, Function<Fired, KeyedTimers> maker) {
        this.title = title;
        this.maker = maker;
    }

    /** How tables name it. */
    public String title() {
        return title;
    }

    /** Makes timers that call {@code fired}. */
    public KeyedTimers open(Fired fired) {
        return maker.apply(fired);
    }

    /** Tells whether it is one of ours. */
    public boolean ours() {
        return compareTo(STPE) < 0;
    }

    /** Tells whether it is one of ours that differs only in what its timer thread does. */
    public boolean differsInFiring() {
        return ours() && this != ASYNCSLOT && this != ASYNCSLOT_HISTORY;
    }

    /** Tells whether more than one thread may use it. */
    public boolean threadSafe() {
        return this != AGRONA;
    }

    /** Tells whether the running JDK has it. */
    public boolean available() {
        return this != FJP || ForkJoinTimers.available();
    }
}
