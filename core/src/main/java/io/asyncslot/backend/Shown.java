package io.asyncslot.backend;

import org.jspecify.annotations.Nullable;

/** Text of users' objects for messages. Their {@code toString} is user code: what it throws goes no further. */
public final class Shown {

    private static final int LINE = 256;

    private Shown() {}

    /**
     * The text of an object.
     *
     * @param value the object
     * @return what its {@code toString()} answers, {@code "null"} for null; or else its class and that this failed
     */
    public static String of(Object value) {
        try {
            return String.valueOf((Object) String.valueOf(value)); // a toString() may answer null
        } catch (Throwable e) {
            return value.getClass().getName() + " (its toString() failed: "
                    + e.getClass().getName() + ")";
        }
    }

    /**
     * The text of an object as a part of one line: in a log or a message, it can neither begin another line nor steer a
     * terminal. Control and format characters are shown by their number, as {@code \\u000a}; a long text is cut.
     *
     * @param value the object
     * @return at most 256 characters of its text, those that were replaced counted once
     */
    public static String inLine(@Nullable Object value) {
        String text = value == null ? "null" : of(value);
        int end = Math.min(text.length(), LINE);
        int clean = 0;
        while (clean < end && !isHidden(text.charAt(clean))) {
            clean++;
        }
        if (clean == text.length()) {
            return text;
        }
        StringBuilder line = new StringBuilder(end + 16).append(text, 0, clean);
        for (int i = clean; i < end; i++) {
            char c = text.charAt(i);
            if (isHidden(c)) {
                line.append("\\u").append(Integer.toHexString(0x10000 | c), 1, 5);
            } else {
                line.append(c);
            }
        }
        return end == text.length() ? line.toString() : line.append("...").toString();
    }

    private static boolean isHidden(char c) {
        if (c >= ' ' && c < 0x7f) {
            return false;
        }
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }
}
