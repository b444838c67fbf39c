package io.asyncslot.fault;

/** The points that {@link FaultyClasses} has put into the code under test: the n-th one that a thread comes by throws. */
public final class FaultPoints {

    private static Thread marked;
    private static boolean allocations;
    private static int left;

    private FaultPoints() {}

    /** From now on the calling thread fails at the n-th allocation, or else at the n-th call. */
    public static void arm(boolean atAllocations, int number) {
        allocations = atAllocations;
        left = number;
        marked = Thread.currentThread();
    }

    /** Nothing fails any more; answers whether something has. */
    public static boolean disarm() {
        marked = null;
        return left <= 0;
    }

    /** Called before each allocation of the code under test. */
    public static void allocation() {
        if (marked == Thread.currentThread() && allocations && isNow()) {
            throw new OutOfMemoryError("injected");
        }
    }

    /** Called before each call out of the code under test into the JDK: it may allocate there. */
    public static void call() {
        if (marked == Thread.currentThread() && !allocations && isNow()) {
            throw new OutOfMemoryError("injected");
        }
    }

    /** Called before each call out of the code under test into code of users. */
    public static void userCode() {
        if (marked == Thread.currentThread() && !allocations && isNow()) {
            throw new IllegalStateException("injected");
        }
    }

    private static boolean isNow() {
        return --left == 0;
    }
}
