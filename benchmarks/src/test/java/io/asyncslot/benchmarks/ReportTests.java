package io.asyncslot.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.asyncslot.benchmarks.peer.Peer;
import io.asyncslot.benchmarks.report.Figures;
import io.asyncslot.benchmarks.report.Guard;
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
        rearm(Peer.DEFAULT, 300, 290, 310, 0);
        rearm(Peer.PLAIN, 150, 140, 155, 0);
        rearm(Peer.NETTY, 900, 800, 1240, 86.4);
        assertThat(report())
                .contains("- a machine")
                .contains("## Re-arm a random pending key, one thread")
                .contains("| | 1M pending | × | × CPU, 1M | B/op |")
                .contains("| **AsyncSlot, default** | 300 (290) / 310 |  |  | 0 |")
                .contains("| **AsyncSlot, plain** | 150 (140) / 155 | 0.50× | 0.50× | 0 |")
                .contains("| Netty + map | 900 (800) / 1240 | 3× | 4× | 86.4 |")
                .doesNotContain("STPE + map");
    }

    @Test
    void judgesTheTargets() {
        rearm(Peer.PLAIN, 300, 290, 310, 0);
        rearm(Peer.NETTY, 900, 800, 1240, 86);
        rearm(Peer.PEKKO, 780, 700, 900, 96);
        assertThat(report())
                .contains("1 of 3 that were measured are reached")
                .contains(
                        "| 1 | re-arm, 1M, 1 thread: wall, best of Netty/Pekko over plain | ≥ 2.50× | 2.60× | reached |")
                .contains("| 1 | re-arm, 1M, 1 thread: CPU, best of Netty/Pekko over plain | ≥ 3× | 2.90× |"
                        + " **missed** |")
                .contains("over plain | ≥ 5.50× | – | not measured |");
    }

    @Test
    void countsWhatMustNotHappen() {
        for (String metric : List.of("p50", "p99", "early", "lost", "doubled")) {
            rows.add(new Row("late.1k", "PLAIN", 0, 1, metric, metric.equals("early") ? 2 : 0));
        }
        assertThat(report()).contains("anywhere | ≤ 0 | 2 | **missed** |").contains("| 2 / 0 / 0 |");
    }

    @Test
    void drawsAPlot(@TempDir Path directory) throws Exception {
        rearm(Peer.PLAIN, 300, 290, 310, 0);
        rearm(Peer.NETTY, 900, 800, 1240, 86);
        new Report(new Results(rows, List.of("a machine"))).write(directory);
        assertThat(directory.resolve("README.md")).content().contains("](rearm.svg)");
        assertThat(directory.resolve("rearm.svg"))
                .content()
                .startsWith("<svg")
                .contains(">Netty + map<", ">1240<", ">300<")
                .endsWith("</svg>\n");
        assertThat(directory.resolve("heap.svg")).doesNotExist();
    }

    @Test
    void readme_hasTheFiguresAndNamesWhoIsAhead() {
        rearm(Peer.DEFAULT, 300, 290, 310, 0);
        rearm(Peer.PLAIN, 150, 140, 155, 0);
        rearm(Peer.NETTY, 900, 800, 1240, 86);
        rows.add(new Row("heap", "DEFAULT", 1_000_000, 1, "bytes", 120, "abc", "2026-01-02"));
        rows.add(new Row("heap", "PEKKO", 1_000_000, 1, "bytes", 115, "abc", "2026-01-02"));
        String readme = Figures.into(
                "before\n" + Figures.BEGIN + "\nold\n" + Figures.END + "\nafter\n", new Results(rows, List.of()));
        assertThat(readme)
                .startsWith("before\n")
                .endsWith("after\n")
                .doesNotContain("old")
                .contains("| re-arm, a million keys | **300 ns** | 150 ns | Netty 900 ns |")
                .contains("| heap of a pending key, a million keys | 120 B | not measured | **Pekko 115 B** |")
                .contains("* The default is ahead: re-arm, a million keys (Netty takes 3.00 times as much).")
                .contains("* A peer is ahead: heap of a pending key, a million keys (Pekko takes 96 % of it).")
                .contains("* Measured at commit abc on 2026-01-02: heap of a pending key, a million keys.");
    }

    @Test
    void readme_hasNoPlace_fails() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Figures.into("nothing", new Results(rows, List.of())))
                .withMessageContaining("needs the lines");
    }

    @Test
    void results_areReadAsTheyWereWritten(@TempDir Path directory) throws Exception {
        rearm(Peer.DEFAULT, 300, 290, 310, 0);
        Path file = directory.resolve("results.csv");
        Results.append(file, rows);
        Results.append(file, List.of(new Row("rearm", "DEFAULT", 1_000_000, 1, "ns", 299, "abc", "2026-01-02")));
        assertThat(new Report(Results.read(file)).markdown())
                .contains("| 299 (290) / 310 |")
                .contains("- Measured: commit abc on 2026-01-02");
    }

    @Test
    void guard_holdsUpToItsMargin_andFailsBeyond() {
        assertThat(new Guard(guarded(100), guarded(129)).passed()).isTrue();
        Guard slower = new Guard(guarded(100), guarded(131));
        assertThat(slower.passed()).isFalse();
        assertThat(slower.lines()).allMatch(line -> line.endsWith("committed 0.50, at most 0.65: SLOWER"));
    }

    @Test
    void guard_withoutCommittedFigures_fails() {
        Guard guard = new Guard(new Results(List.of(), List.of()), guarded(100));
        assertThat(guard.passed()).isFalse();
        assertThat(guard.lines()).allMatch(line -> line.contains("benchmarks/run --only guard"));
    }

    private static Results guarded(double cpu) {
        List<Row> rows = new ArrayList<>();
        for (String kind : List.of("rearm", "fresh")) {
            rows.add(new Row("calls." + kind, "DEFAULT", 100_000, 1, "cpu", cpu));
            for (Peer peer : List.of(Peer.STPE, Peer.NETTY)) {
                rows.add(new Row("calls." + kind, peer.name(), 100_000, 1, "cpu", 200));
            }
        }
        return new Results(rows, List.of());
    }

    private void rearm(Peer peer, double wall, double best, double cpu, double bytes) {
        rows.add(new Row("rearm", peer.name(), 1_000_000, 1, "ns", wall));
        rows.add(new Row("rearm", peer.name(), 1_000_000, 1, "best", best));
        rows.add(new Row("rearm", peer.name(), 1_000_000, 1, "cpu", cpu));
        rows.add(new Row("rearm", peer.name(), 1_000_000, 1, "bytes", bytes));
    }

    private String report() {
        return new Report(new Results(rows, List.of("a machine"))).markdown();
    }
}
