package io.asyncslot;

import java.lang.ref.SoftReference;
import java.lang.ref.WeakReference;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * Finds the reader of cron expressions: by the context class loader of the thread, else by the one of this class. The application's
 * own reader takes precedence over the one that AsyncSlot brings. The latest result is kept, without keeping a class loader alive;
 * a failed search leaves nothing behind. Thread-safe.
 */
final class CronReaders {

    private static final String OURS = "io.asyncslot.";

    private static volatile @Nullable Found latest;

    private CronReaders() {}

    /** What the search from a class loader found. */
    private record Found(WeakReference<ClassLoader> from, SoftReference<CronReader> reader) {}

    /**
     * Finds the reader for the calling thread.
     *
     * @param expression for messages
     * @throws IllegalStateException if there is none, if one of them cannot be loaded, or if the application has several
     */
    static CronReader reader(String expression) {
        ClassLoader own = CronReaders.class.getClassLoader();
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        ClassLoader from = context == null ? own : context;
        Found known = latest;
        if (known != null && known.from.get() == from) {
            CronReader reader = known.reader.get();
            if (reader != null) {
                return reader;
            }
        }
        CronReader reader = search(expression, from, own);
        latest = new Found(new WeakReference<>(from), new SoftReference<>(reader));
        return reader;
    }

    private static CronReader search(String expression, ClassLoader from, ClassLoader own) {
        Throwable failure = null;
        for (ClassLoader each : from == own ? List.of(own) : List.of(from, own)) {
            try {
                CronReader reader = chosen(expression, each);
                if (reader != null) {
                    return reader;
                }
            } catch (ServiceConfigurationError | LinkageError e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw new IllegalStateException(
                    "no reader of the cron expression '" + expression + "' can be loaded: " + failure.getMessage()
                            + "; correct the entry in META-INF/services/" + CronReader.class.getName(),
                    failure);
        }
        throw new IllegalStateException("nothing on the class path reads the cron expression '" + expression
                + "': add asyncslot-spring-boot-starter, name a " + CronReader.class.getName()
                + " in META-INF/services, or write the schedule as a function");
    }

    private static @Nullable CronReader chosen(String expression, ClassLoader loader) {
        Map<String, CronReader> others = new LinkedHashMap<>();
        CronReader ours = null;
        for (CronReader each : ServiceLoader.load(CronReader.class, loader)) {
            String name = each.getClass().getName();
            if (name.startsWith(OURS)) {
                ours = each;
            } else {
                others.putIfAbsent(name, each);
            }
        }
        if (others.size() > 1) {
            throw new IllegalStateException("the cron expression '" + expression + "' has several readers, "
                    + String.join(" and ", others.keySet()) + ": leave one of them in META-INF/services/"
                    + CronReader.class.getName());
        }
        return others.isEmpty() ? ours : others.values().iterator().next();
    }
}
