package io.asyncslot.benchmarks.backend;

import io.asyncslot.spi.SlotBackend;
import java.nio.file.Path;

/** Reaches the kernel backend by reflection: it needs a newer JDK than this module is compiled for. */
final class KernelAccess {

    private static final String PACKAGE = "io.asyncslot.kernel.";
    private static final int CAPACITY = 8_192;
    private static final int KEY_BYTES = 32;

    private KernelAccess() {}

    static SlotBackend open() {
        SlabRoom.make();
        try {
            Class<?> settings = Class.forName(PACKAGE + "KernelSettings");
            Class<?> options = Class.forName(PACKAGE + "KernelOptions");
            Object room = settings.getMethod("of", int.class, int.class, Path.class, String.class)
                    .invoke(null, CAPACITY, KEY_BYTES, null, "benchmarks");
            Object defaults = options.getMethod("defaults").invoke(null);
            return Class.forName(PACKAGE + "KernelBackend")
                    .asSubclass(SlotBackend.class)
                    .getConstructor(settings, options)
                    .newInstance(room, defaults);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the kernel backend cannot be made", e);
        }
    }

    static String missing() {
        try (SlotBackend backend = open()) {
            var report = backend.report();
            return report.available() ? "" : String.join("; ", report.reasons());
        } catch (Exception | LinkageError e) {
            return String.valueOf(e.getCause() == null ? e : e.getCause());
        }
    }

    static long fallbacks(SlotBackend backend) {
        try {
            return (long) backend.getClass().getMethod("fallbacks").invoke(backend);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the kernel backend does not tell its fallbacks", e);
        }
    }
}
