package io.asyncslot.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.asyncslot.benchmarks.report.Figures;
import io.asyncslot.benchmarks.report.Report;
import io.asyncslot.benchmarks.report.Results;
import io.asyncslot.benchmarks.report.ValuesPage;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Every figure in the pages is one of the committed results: the pages are what is made of them. */
class FiguresTests {

    private static final Path DIRECTORY = Path.of("performance");
    private static final String REMEDY =
            "%s and docs/performance/results.csv differ; run benchmarks/run --only report and commit both";

    @Test
    void readme_quotesTheResults() throws Exception {
        String readme = Pages.read(Path.of("README.md"));
        assertThat(readme).as(REMEDY, "README.md").isEqualTo(Figures.into(readme, results()));
    }

    @Test
    void report_isMadeOfTheResults() throws Exception {
        String expected = new Report(results()).markdown();
        assertThat(Files.readString(DIRECTORY.resolve(Report.FILE)))
                .as(REMEDY, "docs/performance/README.md")
                .isEqualTo(expected);
    }

    @Test
    void pageOfValues_isMadeOfTheResults() throws Exception {
        String expected = ValuesPage.markdown(results());
        assertThat(Files.readString(DIRECTORY.resolve(ValuesPage.FILE)))
                .as(REMEDY, "docs/performance/values.md")
                .isEqualTo(expected);
    }

    private static Results results() throws Exception {
        assumeTrue(
                Files.exists(DIRECTORY.resolve(Results.FILE)),
                "SKIPPED: benchmarks/run has not written docs/performance/results.csv yet");
        return Results.read(DIRECTORY.resolve(Results.FILE));
    }
}
