package io.asyncslot.benchmarks.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Horizontal bars in SVG, several to a row, on a linear or logarithmic axis. Not thread-safe. */
final class BarChart {

    /** Text is dark on a bright page, and bright on a dark one; the bars are seen on both. */
    private static final String STYLE =
            "<style>text { fill: #333 } .q { fill: #666 } @media (prefers-color-scheme: dark)"
                    + " { text { fill: #e2e8f0 } .q { fill: #a3adba } }</style>";

    private static final List<String> COLOURS = List.of("#4e79a7", "#a0cbe8", "#76b7b2");
    private static final List<String> OUR_COLOURS = List.of("#e15759", "#ff9d9a", "#f1ce63");
    private static final int WIDTH = 820;
    private static final int LEFT = 190;
    private static final int RIGHT = 90;
    private static final int BAR = 15;
    private static final int GAP = 9;
    private static final int TOP = 70;

    private record Group(String label, boolean ours, List<Double> values) {}

    private final String title;
    private final String unit;
    private final boolean logarithmic;
    private final List<String> series;
    private final List<Group> groups = new ArrayList<>();

    BarChart(String title, String unit, boolean logarithmic, List<String> series) {
        this.title = title;
        this.unit = unit;
        this.logarithmic = logarithmic;
        this.series = List.copyOf(series);
    }

    /** Adds a row: one value for each series, NaN for none. */
    void add(String label, boolean ours, double... values) {
        groups.add(new Group(label, ours, Arrays.stream(values).boxed().toList()));
    }

    boolean isEmpty() {
        return groups.isEmpty();
    }

    String svg() {
        int rowHeight = series.size() * BAR + GAP;
        int height = TOP + groups.size() * rowHeight + 10;
        StringBuilder svg = new StringBuilder();
        line(
                svg,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
                        + "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\" role=\"img\">",
                WIDTH,
                height,
                WIDTH,
                height);
        line(svg, "%s", STYLE);
        line(svg, "<text x=\"12\" y=\"22\" font-size=\"15\" font-weight=\"bold\">%s</text>", escape(title));
        line(
                svg,
                "<text x=\"12\" y=\"40\" class=\"q\">%s; shorter is better%s</text>",
                escape(unit),
                logarithmic ? "; logarithmic axis" : "");
        legend(svg);
        double most = groups.stream()
                .flatMapToDouble(group -> group.values.stream().mapToDouble(Double::doubleValue))
                .filter(Double::isFinite)
                .max()
                .orElse(1);
        double least = groups.stream()
                .flatMapToDouble(group -> group.values.stream().mapToDouble(Double::doubleValue))
                .filter(value -> Double.isFinite(value) && value > 0)
                .min()
                .orElse(1);
        int y = TOP;
        for (Group group : groups) {
            int middle = y + series.size() * BAR / 2 + 4;
            line(
                    svg,
                    "<text x=\"%d\" y=\"%d\" text-anchor=\"end\"%s>%s</text>",
                    LEFT - 8,
                    middle,
                    group.ours ? " font-weight=\"bold\"" : "",
                    escape(group.label));
            for (int i = 0; i < group.values.size(); i++) {
                bar(
                        svg,
                        y + i * BAR,
                        group.values.get(i),
                        share(group.values.get(i), least, most),
                        colour(group.ours, i));
            }
            y += rowHeight;
        }
        return svg.append("</svg>\n").toString();
    }

    private void bar(StringBuilder svg, int y, double value, double share, String colour) {
        if (!Double.isFinite(value)) {
            line(svg, "<text x=\"%d\" y=\"%d\" class=\"q\" font-size=\"11\">not measured</text>", LEFT + 4, y + 11);
            return;
        }
        double width = Math.max(1, share * (WIDTH - LEFT - RIGHT));
        line(
                svg,
                "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>",
                LEFT,
                y,
                width,
                BAR - 1,
                colour);
        line(
                svg,
                "<text x=\"%.1f\" y=\"%d\" font-size=\"11\">%s</text>",
                LEFT + width + 4,
                y + 11,
                Target.number(value));
    }

    private void legend(StringBuilder svg) {
        if (series.size() < 2) {
            return;
        }
        int x = LEFT;
        for (int i = 0; i < series.size(); i++) {
            line(svg, "<rect x=\"%d\" y=\"50\" width=\"10\" height=\"10\" fill=\"%s\"/>", x, colour(false, i));
            line(svg, "<rect x=\"%d\" y=\"50\" width=\"10\" height=\"10\" fill=\"%s\"/>", x + 10, colour(true, i));
            line(svg, "<text x=\"%d\" y=\"59\">%s</text>", x + 25, escape(series.get(i)));
            x += 45 + 7 * series.get(i).length();
        }
    }

    /** Where a value is between nothing and the largest; a logarithmic axis begins at half of the least. */
    private double share(double value, double least, double most) {
        if (!logarithmic) {
            return value / most;
        }
        double from = Math.log(least / 2);
        return value <= 0 ? 0 : (Math.log(value) - from) / (Math.log(most) - from);
    }

    private static String colour(boolean ours, int series) {
        List<String> colours = ours ? OUR_COLOURS : COLOURS;
        return colours.get(series % colours.size());
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    @SuppressWarnings("AnnotateFormatMethod") // it is not to be one
    private static void line(StringBuilder svg, String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
