package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.WhenIdle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The published table of scenarios says what the kit does; {@code -Dcontract.table=write} writes it anew. */
class ContractTableTests {

    private static final Path PAGE = Path.of("..", "docs", "contract-kit.md");
    private static final String BEGIN = "<!-- scenarios: begin -->\n";
    private static final String END = "<!-- scenarios: end -->";

    @Test
    void pageListsEveryScenario() throws Exception {
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        int end = page.indexOf(END);
        if ("write".equals(System.getProperty("contract.table"))) {
            Files.writeString(PAGE, page.substring(0, begin) + table() + page.substring(end));
            return;
        }
        assertThat(page.substring(begin, end)).isEqualTo(table());
    }

    private static String table() {
        StringBuilder table = new StringBuilder("| id | says | clause |\n|---|---|---|\n");
        for (Scenario scenario : scenarios()) {
            table.append("| ").append(scenario.id());
            table.append(" | ").append(scenario.says());
            table.append(" | ").append(scenario.clause()).append(" |\n");
        }
        table.append("\n| row | cells |\n|---|---|\n");
        Cell.all()
                .collect(Collectors.groupingBy(ContractTableTests::row, LinkedHashMap::new, Collectors.toList()))
                .forEach((row, cells) -> {
                    table.append("| ").append(row).append(" | ");
                    table.append(cells.stream()
                            .map(cell ->
                                    cell.id().substring(cell.row().length() + 1).replace(".free", "") + ": "
                                            + cell.outcome())
                            .collect(Collectors.joining(", ")));
                    table.append(" |\n");
                });
        return table.toString();
    }

    private static String row(Cell cell) {
        return cell.row() + (cell.whenIdle() == WhenIdle.FREE ? ", idle slots freed" : "");
    }

    @Test
    void numbersAreUnique() {
        assertThat(scenarios()).extracting(Scenario::id).doesNotHaveDuplicates();
        assertThat(Cell.all().map(Cell::id)).doesNotHaveDuplicates();
    }

    private static List<Scenario> scenarios() {
        return ContractIndex.scenarios();
    }
}
