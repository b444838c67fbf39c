package io.asyncslot.cluster.node;

import io.asyncslot.SlotCause;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The cause of a pause as the database keeps it: its type, and its name if it has one. */
final class CauseText {

    /** Names come from outside, such as that of a user; longer ones are cut. */
    static final int LONGEST_NAME = 500;

    private CauseText() {}

    /** The cause of this thread's operations; null for a plain call. */
    static @Nullable String current() {
        SlotCause cause = SlotCause.current();
        if (cause == null) {
            return null;
        }
        String name = cause.name();
        return cause.type() + (name == null ? "" : " " + storable(name));
    }

    /** PostgreSQL has no NUL in its texts, and refuses half a surrogate pair. */
    private static String storable(String name) {
        return name.codePoints()
                .limit(LONGEST_NAME)
                .map(c -> c == 0 || Character.getType(c) == Character.SURROGATE ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** Reads it back; null for none, and for a type that a later version wrote. */
    static @Nullable SlotCause parse(@Nullable String text) {
        if (text == null) {
            return null;
        }
        int space = text.indexOf(' ');
        String type = space < 0 ? text : text.substring(0, space);
        return Arrays.stream(SlotCause.Type.values())
                .filter(known -> known.name().equals(type))
                .findFirst()
                .map(known -> new SlotCause(known, space < 0 ? null : text.substring(space + 1)))
                .orElse(null);
    }
}
