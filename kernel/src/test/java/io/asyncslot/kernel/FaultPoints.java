package io.asyncslot.kernel;

/** The points that {@link FaultyClasses} has put into the code under test: the n-th one that a thread comes by throws, or is told. */
public final class FaultPoints {

    private static Thread marked;
    private static boolean allocations;
    private static int left;
    private static Error thrown;
    private static Runnable told;

    private FaultPoints() {}

    /** From now on the calling thread fails at the n-th allocation, or else at the n-th call. */
    public static void arm(boolean atAllocations, int number) {
        allocations = atAllocations;
        left = number;
        thrown = null;
        marked = Thread.currentThread();
    }

    /** From now on the n-th call that the calling thread comes by is told of, and nothing fails. */
    public static void tell(int number, Runnable action) {
        arm(false, number);
        told = action;
    }

    /** Nothing fails any more; answers what was thrown, or null. */
    public static Error disarm() {
        marked = null;
        told = null;
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
            if (told != null) {
                marked = null;
                told.run();
                return;
            }
            thrown = new OutOfMemoryError("injected");
            throw thrown;
        }
    }
}
