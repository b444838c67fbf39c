package io.asyncslot.cluster.node;

import io.asyncslot.backend.Log;
import io.asyncslot.backend.Shown;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The rows of one map whose key cannot be made of their text, or whose value cannot be made of its bytes: of another type, or from
 * a later version of the application. They stay as they are and do not fire here. Told once for each map, counted for the report. Thread-safe.
 */
public final class Unreadable {

    private static final Log LOG = new Log(Unreadable.class);

    /** Texts remembered at most. */
    private static final int MOST = 1_000;

    private static final int SHOWN = 10;

    private final String map;
    private final String what;

    /** Guarded by {@code this}. */
    private final Set<String> texts = new LinkedHashSet<>();

    /**
     * What the report shows.
     *
     * @param slots how many were seen since the map was opened, up to a thousand
     * @param keys the first of them, as the database has them
     */
    public record Summary(int slots, List<String> keys) {}

    /**
     * Of one map.
     *
     * @param what why they are, such as "its key is no java.lang.Long"
     */
    Unreadable(String map, String what) {
        this.map = map;
        this.what = what;
    }

    /** A row could not be read. */
    void note(String text, Throwable failure) {
        boolean first;
        synchronized (this) {
            first = texts.isEmpty();
            if (texts.size() < MOST) {
                texts.add(text);
            }
        }
        if (first) {
            tell(text, failure);
        }
    }

    private void tell(String text, Throwable failure) {
        LOG.warning(
                "slot '" + Shown.inLine(text) + "' of map '" + map + "' cannot be read: " + what
                        + ". It stays in the database and does not fire here. Logged once for this map, and counted in the"
                        + " report; delete the row, or run a version of the application that can read it",
                failure);
    }

    synchronized void addTo(Map<String, Summary> all) {
        if (!texts.isEmpty()) {
            all.put(map, new Summary(texts.size(), new ArrayList<>(texts).subList(0, Math.min(SHOWN, texts.size()))));
        }
    }
}
