package io.asyncslot.core;

/**
 * Asks for stack before a step that has to be carried through. A {@link StackOverflowError} may be thrown by any call;
 * where it is thrown here, nothing has happened yet, and what follows has room.
 *
 * <p>A chain of methods, not a recursion: so it is compiled when the code is that it asks for, needs as much stack as that
 * as long as both are interpreted, and next to no time later. What it finds out is no guarantee: code that is compiled
 * asks for less than a rare branch needs which is not.
 */
final class StackRoom {

    private StackRoom() {}

    /** Throws if the calling thread is near the end of its stack; else does nothing. */
    static void check() {
        deeper1(1, 2, 3, 4, 5, 6);
    }

    private static long deeper1(long a, long b, long c, long d, long e, long f) {
        return deeper2(b, c, d, e, f, a) + f;
    }

    private static long deeper2(long a, long b, long c, long d, long e, long f) {
        return deeper3(b, c, d, e, f, a) + f;
    }

    private static long deeper3(long a, long b, long c, long d, long e, long f) {
        return deeper4(b, c, d, e, f, a) + f;
    }

    private static long deeper4(long a, long b, long c, long d, long e, long f) {
        return deeper5(b, c, d, e, f, a) + f;
    }

    private static long deeper5(long a, long b, long c, long d, long e, long f) {
        return deeper6(b, c, d, e, f, a) + f;
    }

    private static long deeper6(long a, long b, long c, long d, long e, long f) {
        return deeper7(b, c, d, e, f, a) + f;
    }

    private static long deeper7(long a, long b, long c, long d, long e, long f) {
        return deeper8(b, c, d, e, f, a) + f;
    }

    private static long deeper8(long a, long b, long c, long d, long e, long f) {
        return deeper9(b, c, d, e, f, a) + f;
    }

    private static long deeper9(long a, long b, long c, long d, long e, long f) {
        return deeper10(b, c, d, e, f, a) + f;
    }

    private static long deeper10(long a, long b, long c, long d, long e, long f) {
        return deeper11(b, c, d, e, f, a) + f;
    }

    private static long deeper11(long a, long b, long c, long d, long e, long f) {
        return deeper12(b, c, d, e, f, a) + f;
    }

    private static long deeper12(long a, long b, long c, long d, long e, long f) {
        return deeper13(b, c, d, e, f, a) + f;
    }

    private static long deeper13(long a, long b, long c, long d, long e, long f) {
        return deeper14(b, c, d, e, f, a) + f;
    }

    private static long deeper14(long a, long b, long c, long d, long e, long f) {
        return deeper15(b, c, d, e, f, a) + f;
    }

    private static long deeper15(long a, long b, long c, long d, long e, long f) {
        return deeper16(b, c, d, e, f, a) + f;
    }

    private static long deeper16(long a, long b, long c, long d, long e, long f) {
        return deeper17(b, c, d, e, f, a) + f;
    }

    private static long deeper17(long a, long b, long c, long d, long e, long f) {
        return deeper18(b, c, d, e, f, a) + f;
    }

    private static long deeper18(long a, long b, long c, long d, long e, long f) {
        return deeper19(b, c, d, e, f, a) + f;
    }

    private static long deeper19(long a, long b, long c, long d, long e, long f) {
        return deeper20(b, c, d, e, f, a) + f;
    }

    private static long deeper20(long a, long b, long c, long d, long e, long f) {
        return deeper21(b, c, d, e, f, a) + f;
    }

    private static long deeper21(long a, long b, long c, long d, long e, long f) {
        return deeper22(b, c, d, e, f, a) + f;
    }

    private static long deeper22(long a, long b, long c, long d, long e, long f) {
        return deeper23(b, c, d, e, f, a) + f;
    }

    private static long deeper23(long a, long b, long c, long d, long e, long f) {
        return deeper24(b, c, d, e, f, a) + f;
    }

    private static long deeper24(long a, long b, long c, long d, long e, long f) {
        return deeper25(b, c, d, e, f, a) + f;
    }

    private static long deeper25(long a, long b, long c, long d, long e, long f) {
        return deeper26(b, c, d, e, f, a) + f;
    }

    private static long deeper26(long a, long b, long c, long d, long e, long f) {
        return deeper27(b, c, d, e, f, a) + f;
    }

    private static long deeper27(long a, long b, long c, long d, long e, long f) {
        return deeper28(b, c, d, e, f, a) + f;
    }

    private static long deeper28(long a, long b, long c, long d, long e, long f) {
        return deeper29(b, c, d, e, f, a) + f;
    }

    private static long deeper29(long a, long b, long c, long d, long e, long f) {
        return deeper30(b, c, d, e, f, a) + f;
    }

    private static long deeper30(long a, long b, long c, long d, long e, long f) {
        return deeper31(b, c, d, e, f, a) + f;
    }

    private static long deeper31(long a, long b, long c, long d, long e, long f) {
        return deeper32(b, c, d, e, f, a) + f;
    }

    private static long deeper32(long a, long b, long c, long d, long e, long f) {
        return deeper33(b, c, d, e, f, a) + f;
    }

    private static long deeper33(long a, long b, long c, long d, long e, long f) {
        return deeper34(b, c, d, e, f, a) + f;
    }

    private static long deeper34(long a, long b, long c, long d, long e, long f) {
        return deeper35(b, c, d, e, f, a) + f;
    }

    private static long deeper35(long a, long b, long c, long d, long e, long f) {
        return deeper36(b, c, d, e, f, a) + f;
    }

    private static long deeper36(long a, long b, long c, long d, long e, long f) {
        return a + b + c + d + e + f;
    }
}
