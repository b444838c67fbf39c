package io.asyncslot.autoconfigure;

import io.asyncslot.SlotMapSpec;
import io.asyncslot.jvm.JvmOptions;
import io.asyncslot.spring.SlotMapSettings;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * The properties {@code asyncslot.*}. Immutable; checked when bound.
 *
 * @param enabled Whether to configure slots at all. If not, the annotations do nothing.
 * @param backend Backend for maps that do not name one.
 * @param autoStartup Whether callbacks run as soon as the application context has started. Otherwise, they run once you
 *     start the bean of type AsyncSlotLifecycle. Slots can be armed before that.
 * @param keepAlive Whether the process stays alive while the slot registry runs, even if no other thread keeps it
 *     alive.
 * @param maxKeyLength Maximum length of a key of type String, in characters.
 * @param history Memory of each slot's last transitions.
 * @param shutdown Behaviour when the application context stops.
 * @param executor Threads that run the callbacks.
 * @param jvm How the timer thread of the jvm backend sleeps and wakes.
 * @param triggers What trigger annotations do when they cannot act.
 * @param maps Settings of single maps by name, which override their annotations.
 */
@ConfigurationProperties("asyncslot")
public record AsyncSlotProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("jvm") String backend,
        @DefaultValue("true") boolean autoStartup,
        @DefaultValue("false") boolean keepAlive,
        @DefaultValue("512") int maxKeyLength,
        @DefaultValue History history,
        @DefaultValue Shutdown shutdown,
        @DefaultValue Executor executor,
        @DefaultValue Jvm jvm,
        @DefaultValue Triggers triggers,
        @DefaultValue Map<String, SlotMapSettings> maps) {

    /**
     * Checks the values.
     *
     * @throws InvalidConfigurationPropertyValueException naming the property, its value and the rule
     */
    public AsyncSlotProperties {
        check(!backend.isBlank(), "backend", backend, "It must name a backend, or be 'auto'.");
        check(maxKeyLength >= 1, "max-key-length", maxKeyLength, "It must be at least 1.");
    }

    /**
     * Memory of each slot's last transitions.
     *
     * @param size Number of transitions that each slot remembers, at most 128. Zero turns history off.
     */
    public record History(@DefaultValue("8") int size) {

        /** Checks the value. */
        public History {
            check(
                    size >= 0 && size <= SlotMapSpec.MAX_HISTORY,
                    "history.size",
                    size,
                    "It must be 0 to " + SlotMapSpec.MAX_HISTORY + ".");
        }
    }

    /**
     * Behaviour when the application context stops.
     *
     * @param timeout Maximum time to wait for running callbacks. Shortened if needed to stay below
     *     spring.lifecycle.timeout-per-shutdown-phase.
     */
    public record Shutdown(@DefaultValue("20s") Duration timeout) {

        /** Checks the value. */
        public Shutdown {
            check(!timeout.isNegative(), "shutdown.timeout", timeout, "It must not be negative.");
        }
    }

    /**
     * Threads that run the callbacks.
     *
     * @param threads Number of platform threads. Not used with virtual threads.
     * @param queueCapacity Maximum number of due callbacks that wait for a platform thread. AsyncSlot hands over any
     *     others again shortly; none is lost. Not used with virtual threads.
     * @param concurrencyLimit Maximum number of callbacks that run at the same time on virtual threads. By default,
     *     there is no limit.
     * @param threadNamePrefix Prefix of the thread names.
     */
    public record Executor(
            @DefaultValue("16") int threads,
            @DefaultValue("10000") int queueCapacity,
            @Nullable Integer concurrencyLimit,
            @DefaultValue("asyncslot-") String threadNamePrefix) {

        /** Checks the values. */
        public Executor {
            check(threads >= 1, "executor.threads", threads, "It must be at least 1.");
            check(queueCapacity >= 0, "executor.queue-capacity", queueCapacity, "It must not be negative.");
            check(
                    concurrencyLimit == null || concurrencyLimit >= 1,
                    "executor.concurrency-limit",
                    concurrencyLimit,
                    "It must be at least 1, or not set for no limit.");
        }
    }

    /**
     * How the timer thread of the jvm backend sleeps and wakes.
     *
     * @param spin How long the timer thread spins before a deadline, at most 1ms. Spinning brings lateness close to
     *     zero, but keeps a CPU busy. Zero turns it off.
     * @param wakeInterval Minimum time between two wake-ups of the timer thread while deadlines follow each other
     *     closely, at most 1s. This saves CPU, and delays callbacks by at most this time. Zero turns it off.
     * @param slice Scheduler slice of the timer thread, 100us to 100ms. Zero leaves it unchanged. Requires Linux 6.12,
     *     Java 22 and native access. By default, 100us if the JVM was granted native access and no system call filter
     *     is active.
     * @param timerSlack How much later than requested Linux may wake the timer thread, at most 1s. Zero leaves the
     *     current value unchanged, usually 50us.
     */
    public record Jvm(
            @DefaultValue("0") Duration spin,
            @DefaultValue("80us") Duration wakeInterval,
            @Nullable Duration slice,
            @DefaultValue("1ns") Duration timerSlack) {

        /** Checks the values. */
        public Jvm {
            checkAtMost("jvm.spin", spin, JvmOptions.MAX_SPIN);
            checkAtMost("jvm.wake-interval", wakeInterval, JvmOptions.MAX_WAKE_INTERVAL);
            checkAtMost("jvm.timer-slack", timerSlack, JvmOptions.MAX_WAKE_INTERVAL);
            check(
                    slice == null
                            || slice.isZero()
                            || slice.compareTo(JvmOptions.MIN_SLICE) >= 0 && slice.compareTo(JvmOptions.MAX_SLICE) <= 0,
                    "jvm.slice",
                    slice,
                    "It must be 100us to 100ms, or 0 to leave the slice alone.");
        }

        JvmOptions options() {
            return new JvmOptions(spin, wakeInterval, slice, timerSlack);
        }

        private static void checkAtMost(String property, Duration value, Duration most) {
            check(
                    !value.isNegative() && value.compareTo(most) <= 0,
                    property,
                    value,
                    "It must be 0 to " + most.toMillis() + "ms.");
        }
    }

    /**
     * What trigger annotations do when they cannot act.
     *
     * @param absentMap What a trigger does if its map is missing because the bean with the callback is left out.
     *     Intended for tests of a part of the application.
     */
    public record Triggers(@DefaultValue("fail") AbsentMap absentMap) {

        /** The behaviour of a trigger whose map is missing. */
        public enum AbsentMap {
            /** Ends the start of the application context. */
            FAIL,
            /** Does nothing, and logs this once when the context starts. */
            IGNORE
        }
    }

    private static void check(boolean holds, String property, @Nullable Object value, String rule) {
        if (!holds) {
            throw new InvalidConfigurationPropertyValueException("asyncslot." + property, value, rule);
        }
    }
}
