/**
 * Keyed timer and work slots. Exported to everybody is the API: what users call, what they implement, and the backend of this JVM.
 * What backends are built from is exported to our own modules alone, and may change with each version.
 */
@SuppressWarnings({"module", "requires-automatic"
}) // those that are exported to come later; HdrHistogram has no descriptor
module io.asyncslot.core {
    requires static transitive org.jspecify;
    requires HdrHistogram;

    exports io.asyncslot;
    exports io.asyncslot.spi;
    exports io.asyncslot.registry;
    exports io.asyncslot.scheduling;
    exports io.asyncslot.jvm;
    exports io.asyncslot.backend to
            io.asyncslot.kernel,
            io.asyncslot.cluster,
            io.asyncslot.autoconfigure;
    exports io.asyncslot.core to
            io.asyncslot.kernel;

    uses io.asyncslot.CronReader;
}
