package io.asyncslot.benchmarks.peer;

import io.asyncslot.WhenIdle;
import io.asyncslot.jvm.JvmOptions;
import java.time.Duration;
import java.util.function.BiFunction;

/** Everything that is measured. */
public enum Peer {
    /** Ours as an application has it that sets no property: with history, calling back on a pool of threads. */
    DEFAULT("AsyncSlot, default", SlotTimers::asSpringMakesThem),
    /** Ours without history, calling back on the timer thread. */
    PLAIN("AsyncSlot, plain", (fired, idle) -> SlotTimers.with(fired, idle, JvmOptions.defaults())),
    /** Ours without history, calling back on two workers. */
    PLAIN_WORKER("AsyncSlot, plain, 2 workers", SlotTimers::onWorkers),
    /** Ours without the short scheduler slice, which needs native access. */
    PLAIN_NO_SLICE(
            "AsyncSlot, plain, no native access",
            (fired, idle) -> SlotTimers.with(fired, idle, JvmOptions.defaults().withSlice(Duration.ZERO))),
    /** Ours, waking at most every 30 microseconds. */
    PLAIN_MERGED(
            "AsyncSlot, plain, wake interval 30 µs",
            (fired, idle) ->
                    SlotTimers.with(fired, idle, JvmOptions.defaults().withWakeInterval(Duration.ofNanos(30_000)))),
    /** Ours, spinning before a deadline. */
    PLAIN_SPIN(
            "AsyncSlot, plain, spin 80 µs",
            (fired, idle) -> SlotTimers.with(fired, idle, JvmOptions.defaults().withSpin(Duration.ofNanos(80_000)))),
    /** ScheduledThreadPoolExecutor. */
    STPE("STPE + map", (fired, idle) -> new ScheduledPoolTimers(fired)),
    /** ThreadPoolTaskScheduler. */
    SPRING("Spring + map", (fired, idle) -> new SpringTimers(fired)),
    /** ForkJoinPool of Java 25. */
    FJP("FJP 25 + map", (fired, idle) -> new ForkJoinTimers(fired)),
    /** HashedWheelTimer. */
    NETTY("Netty + map", (fired, idle) -> new NettyTimers(fired)),
    /** LightArrayRevolverScheduler. */
    PEKKO("Pekko + map", (fired, idle) -> new PekkoTimers(fired)),
    /** DeadlineTimerWheel. */
    AGRONA("Agrona (floor: one thread)", (fired, idle) -> new AgronaTimers(fired));

    private final String title;

    @SuppressWarnings("ImmutableEnumChecker") // factories, which hold nothing
    private final BiFunction<Fired, WhenIdle, KeyedTimers> maker;

    Peer(String title, BiFunction<Fired, WhenIdle, KeyedTimers> maker) {
        this.title = title;
        this.maker = maker;
    }

    /** How tables name it. */
    public String title() {
        return title;
    }

    /** Makes timers that call {@code fired}, of which nothing stays behind after they fired. */
    public KeyedTimers open(Fired fired) {
        return open(fired, WhenIdle.FREE);
    }

    /** Makes timers that call {@code fired}. Ours can also keep a slot that is idle; a peer has nothing to keep. */
    public KeyedTimers open(Fired fired, WhenIdle idle) {
        return maker.apply(fired, idle);
    }

    /** Tells whether it is one of ours. */
    public boolean ours() {
        return compareTo(STPE) < 0;
    }

    /** Tells whether it is one of ours that differs only in what its timer thread does. */
    public boolean differsInFiring() {
        return ours() && this != PLAIN && this != DEFAULT;
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
