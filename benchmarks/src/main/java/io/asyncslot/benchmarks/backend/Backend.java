package io.asyncslot.benchmarks.backend;

import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.spi.SlotBackend;
import java.util.function.Supplier;

/** A backend that is measured. */
public enum Backend {
    /** The embedded default. */
    JVM("jvm", JvmBackend::new),
    /** Slots in the Linux kernel, loaded by this process. */
    KERNEL("kernel", KernelAccess::open);

    private final String title;

    @SuppressWarnings("ImmutableEnumChecker") // constructors, which hold nothing
    private final Supplier<SlotBackend> maker;

    Backend(String title, Supplier<SlotBackend> maker) {
        this.title = title;
        this.maker = maker;
    }

    /** How tables name it. */
    public String title() {
        return title;
    }

    /** Makes one for a registry. */
    public SlotBackend open() {
        return maker.get();
    }

    /** Why it cannot be measured here; empty when it can. */
    public String missing() {
        return this == KERNEL ? KernelAccess.missing() : "";
    }

    /** How many slots the kernel refused, so that they were measured by the jvm engine: 0 in a fair measurement. */
    public static long fallbacks(SlotBackend backend) {
        return backend instanceof JvmBackend ? 0 : KernelAccess.fallbacks(backend);
    }
}
