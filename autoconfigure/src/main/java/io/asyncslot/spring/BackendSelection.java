package io.asyncslot.spring;

import io.asyncslot.BackendReport;
import io.asyncslot.spi.MissingBackend;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Which backend was asked for by property, and which one that means here. Immutable.
 *
 * @param requested what the property says: a backend's name, or {@code auto}
 * @param used the name of the backend of maps that name none
 * @param reasons why {@code auto} did not choose the kernel; empty otherwise
 */
public record BackendSelection(String requested, String used, List<String> reasons) {

    /** Asks for the kernel where it is usable, and for the JVM elsewhere. */
    public static final String AUTO = "auto";

    private static final String KERNEL = "kernel";
    private static final String JVM = "jvm";

    /**
     * Chooses.
     *
     * @param requested what the property says
     * @param reports asks the backends there are for their reports; asked for {@code auto} only, since a report may
     *     take a probe
     * @param missing says why a backend is not there
     * @return the choice; that {@code used} exists is the registry's to check
     */
    public static BackendSelection of(
            String requested,
            Supplier<List<BackendReport>> reports,
            Function<String, @Nullable MissingBackend> missing) {
        if (!requested.equals(AUTO)) {
            return new BackendSelection(requested, requested, List.of());
        }
        BackendReport kernel = reports.get().stream()
                .filter(report -> report.name().equals(KERNEL))
                .findFirst()
                .orElse(null);
        if (kernel == null) {
            MissingBackend known = missing.apply(KERNEL);
            return new BackendSelection(
                    AUTO, JVM, List.of(known == null ? "there is no backend 'kernel'" : known.reason()));
        }
        return kernel.available()
                ? new BackendSelection(AUTO, KERNEL, List.of())
                : new BackendSelection(AUTO, JVM, kernel.reasons());
    }

    /**
     * The backend that a map asks for.
     *
     * @param backend what the map says; null or empty for the default
     * @param reports asks the backends there are for their reports
     * @return a backend's name, or null for the registry's default
     */
    static @Nullable String resolve(@Nullable String backend, Supplier<List<BackendReport>> reports) {
        if (backend == null || backend.isEmpty()) {
            return null;
        }
        return of(backend, reports, name -> null).used();
    }
}
