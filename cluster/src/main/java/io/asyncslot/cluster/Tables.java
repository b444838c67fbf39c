package io.asyncslot.cluster;

import java.util.regex.Pattern;

/**
 * What the tables are called. Statements are written with the standard prefix and turned into the one in use.
 *
 * @param prefix what the names of tables, indexes and the sequence begin with
 */
record Tables(String prefix) {

    static final String STANDARD_PREFIX = "asyncslot_";

    private static final Pattern PREFIX = Pattern.compile("[a-z_][a-z0-9_]{0,29}");

    /** A point in time as the rows hold it. Nothing but the database's clock is ever compared with a deadline. */
    private static final String NOW = "(extract(epoch from clock_timestamp()) * 1000000)::bigint";

    Tables {
        if (!PREFIX.matcher(prefix).matches()) {
            throw new IllegalArgumentException(
                    "'tablePrefix' must be up to 30 lower case letters, digits and underscores, not beginning with a"
                            + " digit: " + prefix);
        }
    }

    /**
     * A statement for these tables.
     *
     * @param template the statement with the standard prefix, {@code {now}} for the clock, and {@code {was}} for what a
     *     row looked like before, in bits
     * @return the statement
     */
    String sql(String template) {
        return template.replace(STANDARD_PREFIX, prefix)
                .replace("{was}", Was.SQL)
                .replace("{now}", NOW)
                .replace("{never}", Long.toString(SlotStore.NEVER));
    }
}
