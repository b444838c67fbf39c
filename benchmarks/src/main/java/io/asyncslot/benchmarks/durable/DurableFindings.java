package io.asyncslot.benchmarks.durable;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The figures of all peers, and the table they make. Used by one thread. */
final class DurableFindings {

    private final Map<String, Map<DurablePeer, String>> figures = new LinkedHashMap<>();

    /**
     * Takes a figure.
     *
     * @param what the row
     * @param figure as it is shown
     */
    void put(String what, DurablePeer peer, String figure) {
        figures.computeIfAbsent(what, row -> new EnumMap<>(DurablePeer.class)).put(peer, figure);
        System.out.printf("%-42s %-20s %s%n", what, peer.title(), figure);
    }

    /** The table in Markdown. */
    List<String> lines(List<DurablePeer> peers) {
        StringBuilder head = new StringBuilder("| |");
        StringBuilder rule = new StringBuilder("|---|");
        for (DurablePeer peer : peers) {
            head.append(' ').append(peer.title()).append(" |");
            rule.append("---:|");
        }
        List<String> lines = new java.util.ArrayList<>(List.of(head.toString(), rule.toString()));
        figures.forEach((what, row) -> {
            StringBuilder line = new StringBuilder("| " + what + " |");
            for (DurablePeer peer : peers) {
                @Nullable String figure = row.get(peer);
                line.append(' ').append(figure == null ? "-" : figure).append(" |");
            }
            lines.add(line.toString());
        });
        return lines;
    }
}
