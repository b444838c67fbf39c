package io.asyncslot.fault;

/** The points that {@link FaultyClasses} has put into the code under test: the n-th one that a thread comes by throws. */
public final class FaultPoints {

    /** What fails. */
    public enum Kind {
        /** One call out, into the JDK or into code of users. */
        CALL,
        /** One allocation. */
        ALLOCATION,
        /** All that needs room on the heap, for a while. */
        FULL_HEAP
    }

    /** For how many points a heap stays full: longer than a failure takes to be noticed, made up for and told. */
    private static final int WHILE = 40;

    private static Thread marked;
    private static Kind kind = Kind.CALL;
    private static int left;

    private FaultPoints() {}

    /** From now on the calling thread fails at the n-th point of a kind. */
    public static void arm(Kind which, int number) {
        kind = which;
        left = number;
        marked = Thread.currentThread();
    }

    /** Nothing fails any more; answers whether something has. */
    public static boolean disarm() {
        marked = null;
        return left <= 0;
    }

    /** Called before each allocation of the code under test, and before each literal, whose first use makes a string. */
    public static void allocation() {
        if (marked == Thread.currentThread() && kind != Kind.CALL && isNow()) {
            throw new OutOfMemoryError("injected");
        }
    }

    /** Called before each call out of the code under test into the JDK: it may allocate there. */
    public static void call() {
        if (marked == Thread.currentThread() && kind != Kind.ALLOCATION && isNow()) {
            throw new OutOfMemoryError("injected");
        }
    }

    /** Called before each call out of the code under test into code of users. */
    public static void userCode() {
        if (marked == Thread.currentThread() && kind == Kind.CALL && isNow()) {
            throw new IllegalStateException("injected");
        }
    }

    private static boolean isNow() {
        left--;
        return left == 0 || kind == Kind.FULL_HEAP && left < 0 && left > -WHILE;
    }
}
