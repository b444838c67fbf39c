package io.asyncslot.kernel;

/** The points that {@link FaultyClasses} has put into the code under test: the n-th one that a thread comes by throws. */
public final class FaultPoints {

    private static Thread marked;
    private static boolean allocations;
    private static int left;
    private static Error thrown;

    private FaultPoints() {}

    /** From now on the calling thread fails at the n-th allocation, or else at the n-th call. */
    public static void arm(boolean atAllocations, int number) {
        allocations = atAllocations;
        left = number;
        thrown = null;
        marked = Thread.currentThread();
    }

    /** Nothing fails any more; answers what was thrown, or null. */
    public static Error disarm() {
        marked = null;
        return thrown;
    }

    /** Called before each allocation of the code under test. */
    public static void allocation() {
        fail(true);
    }

    /** Called before each call out of the code under test: it may allocate there, or be code of users. */
    public static void call() {
        fail(false);
    }

    private static void fail(boolean allocation) {
        if (marked == Thread.currentThread() && allocations == allocation && --left == 0) {
            thrown = new OutOfMemoryError("injected");
            throw thrown;
        }
    }
}
