package io.asyncslot.sample;

import java.io.PrintStream;

/** Prints what was done and what came of it, and remembers whether every count was as it had to be. */
public final class Report {

    private static final long MIB = 1024 * 1024;

    private final PrintStream out;
    private boolean passed = true;

    public Report(PrintStream out) {
        this.out = out;
    }

    public void line(String text) {
        out.println(text);
    }

    /** Does something, and prints how long it took. */
    public void took(String what, long operations, Runnable work) {
        long begin = System.nanoTime();
        work.run();
        long millis = Math.max(1, (System.nanoTime() - begin) / 1_000_000);
        out.printf("%-34s %,7d ms  %,12d operations%n", what, millis, operations);
    }

    /** Prints how much of the heap is live. */
    public void heap(String when) {
        Runtime runtime = Runtime.getRuntime();
        System.gc();
        long used = (runtime.totalMemory() - runtime.freeMemory()) / MIB;
        out.printf("heap, %-28s %,7d MiB of at most %,d MiB%n", when, used, runtime.maxMemory() / MIB);
    }

    /** Prints a count, and what it had to be if it is something else. */
    public void check(String what, long expected, long counted) {
        boolean right = expected == counted;
        passed &= right;
        out.printf("%-34s %,12d  %s%n", what, counted, right ? "ok" : "WRONG, expected %,d".formatted(expected));
    }

    public boolean passed() {
        out.println(passed ? "every count is right" : "a count is WRONG");
        return passed;
    }
}
