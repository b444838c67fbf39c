package io.asyncslot.kernel.spring;

import io.asyncslot.kernel.KernelOptions;
import io.asyncslot.kernel.KernelSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * The properties {@code asyncslot.kernel.*}. Immutable; checked when bound.
 *
 * @param pinPath Directory in bpffs, such as /sys/fs/bpf/asyncslot, that keeps the slots when the application ends.
 *     Without it, the slots end with the application, which then needs the privilege to load BPF programs.
 * @param capacity Maximum number of slots in the kernel, across all maps. A pinned memory keeps the capacity that it
 *     was created with.
 * @param keyBytes Maximum size of a serialised key in bytes, 8 to 4096. A pinned memory keeps the size that it was
 *     created with.
 * @param maxValueBytes Maximum size of a serialised value in bytes, 0 to 65536. A start or submit with a larger value
 *     is rejected. The limit also applies to the text of a key's own schedule. Requires a pin path: slots that end with
 *     the application keep values of any size in the heap. With 0, a pinned memory has no room for values, shapes and
 *     schedules of keys. A pinned memory keeps the size that it was created with.
 * @param fallback What happens to a slot that the kernel refuses: the JVM measures it until the kernel takes it (jvm),
 *     or its start fails (fail).
 * @param cpuPin Whether the kernel fires a timer on the CPU that started it.
 * @param touchableMaps Names of the maps whose slots your own BPF programs may touch, through asyncslot.bpf.h. A pinned
 *     memory must be loaded with --touchable.
 * @param waitForHolder How long this application waits at start-up while another process holds the pin path, as in a
 *     rolling deployment. With 0, start-up fails immediately.
 * @param takeOver Whether to ask the process that holds the pin path to hand over while this application waits for it.
 *     If that process has this set too, it ends its runs, begins no others, and releases the slots. This application
 *     does the same when another one asks. Requires wait-for-holder.
 */
@ConfigurationProperties("asyncslot.kernel")
public record KernelProperties(
        @Nullable Path pinPath,
        @DefaultValue("" + KernelSettings.DEFAULT_CAPACITY) int capacity,
        @DefaultValue("" + KernelSettings.DEFAULT_KEY_BYTES) int keyBytes,

        @DefaultValue("" + KernelSettings.DEFAULT_VALUE_BYTES)
        int maxValueBytes,

        @DefaultValue("jvm") KernelOptions.Fallback fallback,
        @DefaultValue("false") boolean cpuPin,
        @DefaultValue Set<String> touchableMaps,
        @DefaultValue("0s") Duration waitForHolder,
        @DefaultValue("false") boolean takeOver) {

    /**
     * Checks the values.
     *
     * @throws InvalidConfigurationPropertyValueException naming the property, its value and the rule
     */
    public KernelProperties {
        check(pinPath == null || pinPath.isAbsolute(), "pin-path", pinPath, "It must be an absolute path.");
        check(
                capacity >= 1 && capacity <= KernelSettings.MAX_CAPACITY,
                "capacity",
                capacity,
                "It must be 1 to " + KernelSettings.MAX_CAPACITY + ".");
        check(
                keyBytes >= 8 && keyBytes <= KernelSettings.MAX_KEY_BYTES,
                "key-bytes",
                keyBytes,
                "It must be 8 to " + KernelSettings.MAX_KEY_BYTES + ".");
        check(
                maxValueBytes >= 0 && maxValueBytes <= KernelSettings.MAX_VALUE_BYTES,
                "max-value-bytes",
                maxValueBytes,
                "It must be 0 to " + KernelSettings.MAX_VALUE_BYTES + ".");
        check(!waitForHolder.isNegative(), "wait-for-holder", waitForHolder, "It must not be negative.");
        check(
                !takeOver || !waitForHolder.isZero(),
                "take-over",
                true,
                "It needs asyncslot.kernel.wait-for-holder: the holder takes time to end its runs.");
    }

    KernelSettings settings(String holder) {
        return KernelSettings.of(capacity, keyBytes, pinPath, holder).valueBytes(pinPath == null ? 0 : maxValueBytes);
    }

    KernelOptions options() {
        return new KernelOptions(fallback, cpuPin, touchableMaps, waitForHolder, takeOver);
    }

    private static void check(boolean holds, String property, @Nullable Object value, String rule) {
        if (!holds) {
            throw new InvalidConfigurationPropertyValueException("asyncslot.kernel." + property, value, rule);
        }
    }
}
