package io.asyncslot.cluster.postgres;

import org.jspecify.annotations.Nullable;

/** Ranges of keys that begin alike, in the order of code points. */
final class Prefixes {

    private Prefixes() {}

    /**
     * The first text after all that begin with a prefix.
     *
     * @param prefix the prefix
     * @return the text; null when there is none
     */
    static @Nullable String end(String prefix) {
        int end = prefix.length();
        while (end > 0) {
            int last = prefix.codePointBefore(end);
            end -= Character.charCount(last);
            if (last < Character.MAX_CODE_POINT) {
                int next = last + 1 == Character.MIN_SURROGATE ? Character.MAX_SURROGATE + 1 : last + 1;
                return new StringBuilder(prefix.substring(0, end))
                        .appendCodePoint(next)
                        .toString();
            }
        }
        return null;
    }
}
