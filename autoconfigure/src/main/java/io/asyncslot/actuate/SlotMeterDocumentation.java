package io.asyncslot.actuate;

import io.asyncslot.SlotMapStats;
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.docs.MeterDocumentation;
import java.time.Duration;
import java.util.List;

/**
 * The meters of AsyncSlot. Those of a map have the tags {@link Tags}, and come and go with it; those of a backend, which are
 * {@link #RECOVERED} and {@link #LOST_BY_EXECUTOR}, have its name. None has the key of a slot, which would make as many meters
 * as there are slots.
 */
public enum SlotMeterDocumentation implements MeterDocumentation {
    /** Live slots by state: armed, running, idle, paused. A slot that is armed while it runs counts as both, and one that is paused as that besides. */
    SLOTS(
            "asyncslot.slots",
            Meter.Type.GAUGE,
            "Live slots by state: armed, running, idle, paused. A slot that is armed while it runs counts as both, and one that is paused as that besides",
            StateTag.values()),

    /** Sum of the live reference counts. */
    REFERENCES("asyncslot.references", Meter.Type.GAUGE, "Sum of the live reference counts"),

    /** Starts and submits by outcome: started, rearmed, rejected. Of the first, the periods that a periodic slot arms by itself are part. */
    STARTS(
            "asyncslot.starts",
            Meter.Type.COUNTER,
            "Starts and submits by outcome: started, rearmed, rejected. Of the first, the periods that a periodic slot arms by itself are part",
            OutcomeTag.values()),

    /** Callbacks begun. */
    FIRED("asyncslot.fired", Meter.Type.COUNTER, "Callbacks begun"),

    /** How long after their deadlines callbacks began. A histogram with the buckets of {@link #buckets()}. */
    LATENESS("asyncslot.lateness", Meter.Type.TIMER, "How long after their deadlines callbacks began"),

    /** How long callbacks ran, by outcome: success or failure. A histogram with the buckets of {@link #buckets()}. */
    CALLBACK(
            "asyncslot.callback",
            Meter.Type.TIMER,
            "How long callbacks ran, by outcome: success or failure",
            OutcomeTag.values()),

    /** Callbacks that threw, and whose firing is not delivered again by a retry. */
    FAILURES(
            "asyncslot.failures",
            Meter.Type.COUNTER,
            "Callbacks that threw, and whose firing is not delivered again by a retry"),

    /** Failed runs whose firing is delivered again as its next attempt. */
    RETRIES("asyncslot.retries", Meter.Type.COUNTER, "Failed runs whose firing is delivered again as its next attempt"),

    /** Runs put off before their callback was called. */
    POSTPONED("asyncslot.postponed", Meter.Type.COUNTER, "Runs put off before their callback was called"),

    /** Submits merged into a pending run. */
    COALESCED("asyncslot.coalesced", Meter.Type.COUNTER, "Submits merged into a pending run"),

    /** Callbacks handed to the executor that have not begun. */
    QUEUE("asyncslot.queue", Meter.Type.GAUGE, "Callbacks handed to the executor that have not begun"),

    /** How long the slot that is overdue longest has been due, paused ones left out. */
    OVERDUE(
            "asyncslot.overdue",
            Meter.Type.GAUGE,
            "How long the slot that is overdue longest has been due, paused ones left out"),

    /** How long the callback that runs longest has been running; only with history. */
    LONGEST_RUN(
            "asyncslot.longest.run",
            Meter.Type.GAUGE,
            "How long the callback that runs longest has been running; only with history"),

    /** How long until the next slot is due; no number when none is pending. */
    NEXT_DEADLINE(
            "asyncslot.next.deadline",
            Meter.Type.GAUGE,
            "How long until the next slot is due; no number when none is pending"),

    /** Slots that the backend refused, which are then measured in the JVM. See {@link SlotMapStats#fallbacks()}. */
    FALLBACKS(
            "asyncslot.fallbacks",
            Meter.Type.COUNTER,
            "Slots that the backend refused, which are then measured in the JVM"),

    /** Callbacks lost at the end of a stop; must stay 0. See {@link SlotMapStats#dropped()}. */
    DROPPED("asyncslot.dropped", Meter.Type.COUNTER, "Callbacks lost at the end of a stop; must stay 0"),

    /** Armed slots that nobody watched any more, found and filed again by the jvm backend's own check; must stay 0. */
    RECOVERED(
            "asyncslot.recovered",
            Meter.Type.COUNTER,
            "Armed slots that nobody watched any more, found and filed again by the jvm backend's own check; must stay 0"),

    /** Due slots whose task the executor took and lost, handed over again by the jvm backend; must stay 0. */
    LOST_BY_EXECUTOR(
            "asyncslot.lost.by.executor",
            Meter.Type.COUNTER,
            "Due slots whose task the executor took and lost, handed over again by the jvm backend; must stay 0");

    /** The tags of every meter of a map. */
    public enum Tags implements KeyName {
        /** Name of the map. */
        MAP("map"),
        /** Name of the backend. */
        BACKEND("backend"),
        /** Type of the map: timer or work. */
        TYPE("type");

        private final String key;

        Tags(String key) {
            this.key = key;
        }

        @Override
        public String asString() {
            return key;
        }
    }

    /** The tag of {@link #SLOTS}. */
    public enum StateTag implements KeyName {
        /** One of armed, running, idle, paused. */
        STATE;

        @Override
        public String asString() {
            return "state";
        }
    }

    /** The tag of meters that tell ends apart. */
    public enum OutcomeTag implements KeyName {
        /** How it ended. */
        OUTCOME;

        @Override
        public String asString() {
            return "outcome";
        }
    }

    private static final List<Duration> LATENESS_BUCKETS = List.of(
            Duration.ofNanos(50_000),
            Duration.ofNanos(100_000),
            Duration.ofNanos(500_000),
            Duration.ofMillis(1),
            Duration.ofMillis(5),
            Duration.ofMillis(10),
            Duration.ofMillis(50),
            Duration.ofMillis(100),
            Duration.ofSeconds(1),
            Duration.ofSeconds(10));

    private static final List<Duration> CALLBACK_BUCKETS = List.of(
            Duration.ofNanos(100_000),
            Duration.ofMillis(1),
            Duration.ofMillis(5),
            Duration.ofMillis(10),
            Duration.ofMillis(50),
            Duration.ofMillis(100),
            Duration.ofMillis(500),
            Duration.ofSeconds(1),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30));

    private final String meterName;
    private final Meter.Type type;
    private final String description;

    @SuppressWarnings("ImmutableEnumChecker") // never written
    private final KeyName[] further;

    SlotMeterDocumentation(String meterName, Meter.Type type, String description, KeyName... further) {
        this.meterName = meterName;
        this.type = type;
        this.description = description;
        this.further = further;
    }

    @Override
    public String getName() {
        return meterName;
    }

    @Override
    public Meter.Type getType() {
        return type;
    }

    @Override
    public String getBaseUnit() {
        return switch (this) {
            case OVERDUE, LONGEST_RUN, NEXT_DEADLINE -> "seconds";
            default -> "";
        };
    }

    /**
     * What it tells, as monitoring systems show it.
     *
     * @return a sentence without its full stop
     */
    public String description() {
        return description;
    }

    /**
     * The upper bounds of the buckets that a timer has unless properties say otherwise
     * ({@code management.metrics.distribution.slo}).
     *
     * @return the bounds, rising; empty for meters that are no timers
     */
    public List<Duration> buckets() {
        return switch (this) {
            case LATENESS -> LATENESS_BUCKETS;
            case CALLBACK -> CALLBACK_BUCKETS;
            default -> List.of();
        };
    }

    @Override
    public KeyName[] getKeyNames() {
        return switch (this) {
            case RECOVERED, LOST_BY_EXECUTOR -> new KeyName[] {Tags.BACKEND};
            default -> KeyName.merge(Tags.values(), further);
        };
    }
}
