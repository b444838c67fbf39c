package io.asyncslot.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.benchmarks.peer.Peer;
import io.asyncslot.benchmarks.report.Report;
import io.asyncslot.benchmarks.report.Results;
import io.asyncslot.benchmarks.report.Row;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The report says what the figures say. */
class ReportTests {

    private final List<Row> rows = new ArrayList<>();

    @Test
    void showsMediansAndRatios() {
        rearm(Peer.ASYNCSLOT, 300, 290, 310, 0);
        rearm(Peer.NETTY, 900, 800, 1240, 86.4);
        assertThat(report())
                .contains("- a machine")
                .contains("## Re-arm a random pending key, one thread")
                .contains("| | 1M pending | × | × CPU, 1M | B/op |")
                .contains("| **AsyncSlot** | 300 (290) / 310 |  |  | 0 |")
                .contains("| Netty + map | 900 (800) / 1240 | 3× | 4× | 86.4 |")
                .doesNotContain("STPE + map");
    }

    @Test
    void judgesTheTargets() {
        rearm(Peer.ASYNCSLOT, 300, 290, 310, 0);
        rearm(Peer.NETTY, 900, 800, 1240, 86);
        rearm(Peer.PEKKO, 780, 700, 900, 96);
        assertThat(report())
                .contains("1 of 3 that were measured are reached")
                .contains(
                        "| 1 | re-arm, 1M, 1 thread: wall, best of Netty/Pekko over ours | ≥ 2.50× | 2.60× | reached |")
                .contains("| 1 | re-arm, 1M, 1 thread: CPU, best of Netty/Pekko over ours | ≥ 3× | 2.90× |"
                        + " **not reached** |")
                .contains("over ours | ≥ 5.50× | – | not measured |");
    }

    @Test
    void countsWhatMustNotHappen() {
        for (String metric : List.of("p50", "p99", "early", "lost", "doubled")) {
            rows.add(new Row("late.1k", "ASYNCSLOT", 0, 1, metric, metric.equals("early") ? 2 : 0));
        }
        assertThat(report()).contains("anywhere | ≤ 0 | 2 | **not reached** |").contains("| 2 / 0 / 0 |");
    }

    @Test
    void drawsAPlot(@TempDir Path directory) throws Exception {
        rearm(Peer.ASYNCSLOT, 300, 290, 310, 0);
        rearm(Peer.NETTY, 900, 800, 1240, 86);
        new Report(new Results(rows), List.of("a machine")).write(directory);
        assertThat(directory.resolve("README.md")).content().contains("](rearm.svg)");
        assertThat(directory.resolve("rearm.svg"))
                .content()
                .startsWith("<svg")
                .contains(">Netty + map<", ">1240<", ">300<")
                .endsWith("</svg>\n");
        assertThat(directory.resolve("heap.svg")).doesNotExist();
    }

    private void rearm(Peer peer, double wall, double best, double cpu, double bytes) {
        rows.add(new Row("rearm", peer.name(), 1_000_000, 1, "ns", wall));
        rows.add(new Row("rearm", peer.name(), 1_000_000, 1, "best", best));
        rows.add(new Row("rearm", peer.name(), 1_000_000, 1, "cpu", cpu));
        rows.add(new Row("rearm", peer.name(), 1_000_000, 1, "bytes", bytes));
    }

    private String report() {
        return new Report(new Results(rows), List.of("a machine")).markdown();
    }
}
