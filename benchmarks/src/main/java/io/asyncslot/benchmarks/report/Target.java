package io.asyncslot.benchmarks.report;

import java.util.Locale;
import java.util.OptionalDouble;

/**
 * One demand of the run.
 *
 * @param number where the demand comes from
 * @param what the figure that is judged
 * @param unit its unit
 * @param least true if it is to be at least the bound, false if at most
 * @param bound the bound
 * @param measured the figure; empty if it was not measured
 */
record Target(String number, String what, String unit, boolean least, double bound, OptionalDouble measured) {

    static Target atLeast(String number, String what, double times, OptionalDouble measured) {
        return new Target(number, what, "×", true, times, measured);
    }

    static Target atMost(String number, String what, String unit, double bound, OptionalDouble measured) {
        return new Target(number, what, unit, false, bound, measured);
    }

    boolean reached() {
        double value = measured.orElseThrow();
        return least ? value >= bound : value <= bound;
    }

    /** One row of a Markdown table. */
    String row() {
        String verdict = measured.isEmpty() ? "not measured" : reached() ? "reached" : "**missed**";
        String value = measured.isEmpty() ? "–" : number(measured.getAsDouble()) + suffix();
        return "| %s | %s | %s %s%s | %s | %s |"
                .formatted(number, what, least ? "≥" : "≤", number(bound), suffix(), value, verdict);
    }

    private String suffix() {
        return unit.equals("×") || unit.isEmpty() ? unit : " " + unit;
    }

    /** A figure with as many digits as say something. */
    static String number(double value) {
        double size = Math.abs(value);
        String format = size >= 100 || value == Math.rint(value) ? "%.0f" : size >= 10 ? "%.1f" : "%.2f";
        return String.format(Locale.ROOT, format, value);
    }
}
