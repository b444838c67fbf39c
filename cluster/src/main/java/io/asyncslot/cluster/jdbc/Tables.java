package io.asyncslot.cluster.jdbc;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * The names of the tables. Statements are written with the standard prefix, which is replaced by the prefix in use.
 * Thread-safe.
 */
public final class Tables {

    /** The default prefix of the names of tables, indexes and the sequence. */
    public static final String STANDARD_PREFIX = "asyncslot_";

    private static final Pattern PREFIX = Pattern.compile("[a-z_][a-z0-9_]{0,29}");

    private final String prefix;

    /** The statements in use, by template: as many as the dialects have. Any thread adds. */
    private final Map<String, String> statements = new ConcurrentHashMap<>();

    /**
     * Tables.
     *
     * @param prefix how the names of tables, indexes and the sequence begin
     * @throws IllegalArgumentException if it is no such name
     */
    public Tables(String prefix) {
        if (!PREFIX.matcher(prefix).matches()) {
            throw new IllegalArgumentException(
                    "'tablePrefix' must be up to 30 lower case letters, digits and underscores, not beginning with a"
                            + " digit: " + prefix);
        }
        this.prefix = prefix;
    }

    /**
     * How the names begin.
     *
     * @return the prefix
     */
    public String prefix() {
        return prefix;
    }

    /**
     * A name or script for these tables.
     *
     * @param template with the standard prefix
     * @return the same with the prefix in use
     */
    public String sql(String template) {
        return template.replace(STANDARD_PREFIX, prefix);
    }

    /** A statement for these tables, made once. */
    String sql(String template, UnaryOperator<String> words) {
        String made = statements.get(template);
        return made != null ? made : statements.computeIfAbsent(template, same -> sql(words.apply(same)));
    }
}
