package io.asyncslot.core;

/** Text of users' objects for messages. Their {@code toString} is user code: what it throws goes no further. */
public final class Shown {

    private Shown() {}

    /**
     * The text of an object.
     *
     * @param value the object
     * @return what its {@code toString()} answers, or else its class and that this failed
     */
    public static String of(Object value) {
        try {
            return String.valueOf(value);
        } catch (Throwable e) {
            return value.getClass().getName() + " (its toString() failed: "
                    + e.getClass().getName() + ")";
        }
    }
}
