package io.asyncslot.test.contract;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What scenarios there are. */
final class ContractIndex {

    private ContractIndex() {}

    static List<Scenario> scenarios() {
        return Arrays.stream(BackendContract.class.getMethods())
                .map(method -> method.getAnnotation(Scenario.class))
                .filter(scenario -> scenario != null)
                .sorted(Comparator.comparing(scenario -> sortKey(scenario.id())))
                .toList();
    }

    /** Numbers are sorted as such: M2 before M10. */
    private static String sortKey(String id) {
        return id.replaceFirst("(?<=^[A-Z])(?=[0-9]([^0-9]|$))", "0");
    }

    /** The names that a gap may have. */
    static Set<String> names() {
        Set<String> names = new TreeSet<>();
        names.add("BOOKS");
        scenarios().forEach(scenario -> names.add(scenario.id()));
        Cell.all().forEach(cell -> {
            names.add(cell.row());
            names.add(cell.id());
        });
        return names;
    }
}
