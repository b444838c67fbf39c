package io.asyncslot.core;

/** Text of users' objects for messages. Their {@code toString} is user code: what it throws goes no further. */
final class Shown {

    private Shown() {}

    static String of(Object value) {
        try {
            return String.valueOf(value);
        } catch (Throwable e) {
            return value.getClass().getName() + " (its toString() failed: "
                    + e.getClass().getName() + ")";
        }
    }
}
