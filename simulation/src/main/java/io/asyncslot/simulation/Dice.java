package io.asyncslot.simulation;

/** Where every choice comes from. Each step draws from numbers of its own, so that a step can be left out without the others. */
final class Dice {

    private long state;

    void seed(long seed, long step) {
        state = mixed(mixed(seed) + step);
    }

    long next() {
        state += 0x9E3779B97F4A7C15L;
        return mixed(state);
    }

    int below(int bound) {
        return (int) ((next() >>> 32) * bound >>> 32);
    }

    boolean oneIn(int chances) {
        return below(chances) == 0;
    }

    @SafeVarargs
    final <T> T of(T... values) {
        return values[below(values.length)];
    }

    private static long mixed(long value) {
        long z = (value ^ value >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
