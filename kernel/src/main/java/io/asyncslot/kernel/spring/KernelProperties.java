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
 * @param pinPath Directory in bpffs, such as /sys/fs/bpf/asyncslot, that keeps the slots when the application ends. Without
 *     it they end with the application, which then needs the privilege to load BPF programs.
 * @param capacity Number of slots there is room for in the kernel, over all maps. A pinned memory keeps what it was made with.
 * @param keyBytes Most bytes a serialised key may have, 8 to 4096. A pinned memory keeps what it was made with.
 * @param maxValueBytes Most bytes of a value that a slot carries, as it is written, 0 to 65536; a start or submit that brings a
 *     longer one is rejected. Also of the text of a key's own schedule. Needs a pin path: slots that end with the application keep
 *     their values in the heap, of any length. With 0 a pinned memory has no room for values, shapes and schedules of keys. It
 *     keeps what it was made with.
 * @param fallback What becomes of a slot that the kernel refuses: measured in the JVM until the kernel takes it, or its
 *     start fails.
 * @param cpuPin Whether the kernel fires a timer on the CPU that started it.
 * @param touchableMaps Names of the maps whose slots BPF programs of your own may touch, by asyncslot.bpf.h. A pinned memory
 *     has to be loaded with --touchable.
 * @param waitForHolder How long the start of this application waits while another process holds the pin path, as in a rolling
 *     deployment. With 0 it is refused immediately.
 * @param takeOver Whether the process that holds the pin path is asked to hand over meanwhile: it ends its runs, begins no
 *     other, and lets go of the slots, if it has this set too. This application does so when another asks. Needs
 *     wait-for-holder.
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
