package io.asyncslot;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;

/**
 * Tells of compiled classes how many files each package has, and how many of these depend on each other in a circle, as the JDK's
 * {@code jdeps} sees it. Needs nothing but a JDK:
 *
 * <pre>java core/src/test/java/io/asyncslot/Structure.java core/target/classes kernel/target/classes</pre>
 */
final class Structure {

    private static final String ROOT = "io.asyncslot";

    /** Which files use which, nested classes being part of their file. */
    private final Map<String, Set<String>> uses;

    private Structure(Map<String, Set<String>> uses) {
        this.uses = uses;
    }

    public static void main(String[] places) {
        System.out.print(of(List.of(places)).table());
    }

    /** What there is in directories of classes. */
    static Structure of(List<String> places) {
        List<String> arguments = new ArrayList<>(List.of("-verbose:class", "-filter:none", "--ignore-missing-deps"));
        for (String place : places) {
            // below the root: as a module, jdeps would want all that it requires
            arguments.add(Path.of(place, "io").toString());
        }
        StringWriter out = new StringWriter();
        PrintWriter print = new PrintWriter(out);
        int code = ToolProvider.findFirst("jdeps").orElseThrow().run(print, print, arguments.toArray(new String[0]));
        if (code != 0) {
            throw new IllegalStateException("jdeps " + arguments + ": " + out);
        }
        Map<String, Set<String>> uses = new TreeMap<>();
        for (String line : out.toString().split("\\R")) {
            String[] words = line.strip().split("\\s+");
            if (line.startsWith("   ") && words.length > 2 && words[1].equals("->") && isOurs(words[0])) {
                String user = file(words[0]);
                Set<String> used = uses.computeIfAbsent(user, name -> new TreeSet<>());
                if (isOurs(words[2]) && !file(words[2]).equals(user)) {
                    used.add(file(words[2]));
                }
            }
        }
        return new Structure(uses);
    }

    private static boolean isOurs(String type) {
        return type.startsWith(ROOT) && !type.endsWith(".package-info");
    }

    private static String file(String type) {
        int nested = type.indexOf('$');
        return nested < 0 ? type : type.substring(0, nested);
    }

    private static String packageOf(String file) {
        return file.substring(0, file.lastIndexOf('.'));
    }

    /** Sets of more than one file that all use each other, directly or not; the largest first. */
    List<Set<String>> cycles() {
        return cycles(uses);
    }

    /** Sets of more than one package that all use each other, directly or not. */
    List<Set<String>> packageCycles() {
        Map<String, Set<String>> packages = new TreeMap<>();
        uses.forEach((user, all) -> all.forEach(used -> {
            Set<String> targets = packages.computeIfAbsent(packageOf(user), name -> new TreeSet<>());
            if (!packageOf(used).equals(packageOf(user))) {
                targets.add(packageOf(used));
            }
        }));
        return cycles(packages);
    }

    String table() {
        Map<String, Long> files = uses.keySet().stream()
                .collect(Collectors.groupingBy(Structure::packageOf, TreeMap::new, Collectors.counting()));
        List<Set<String>> cycles = cycles();
        StringBuilder table = new StringBuilder(
                "| package | files | in class cycles | largest class cycle |\n|---|---:|---:|---:|\n");
        files.forEach((name, count) -> {
            List<Long> own = cycles.stream()
                    .map(cycle -> cycle.stream()
                            .filter(file -> packageOf(file).equals(name))
                            .count())
                    .toList();
            table.append("| `%s` | %d | %d | %d |%n"
                    .formatted(
                            name,
                            count,
                            own.stream().mapToLong(Long::longValue).sum(),
                            own.stream().mapToLong(Long::longValue).max().orElse(0)));
        });
        table.append("%nfiles: %d, class cycles: %d, package cycles: %d%n"
                .formatted(uses.size(), cycles.size(), packageCycles().size()));
        cycles.forEach(cycle -> table.append("cycle of ")
                .append(cycle.size())
                .append(": ")
                .append(cycle.stream()
                        .map(file -> file.substring(ROOT.length() + 1))
                        .collect(Collectors.joining(", ")))
                .append('\n'));
        return table.toString();
    }

    /** Strongly connected components of more than one node, by Tarjan's algorithm. */
    private static List<Set<String>> cycles(Map<String, Set<String>> edges) {
        Tarjan tarjan = new Tarjan(edges);
        edges.keySet().forEach(tarjan::visit);
        tarjan.found.sort(
                Comparator.comparing((Set<String> cycle) -> cycle.size()).reversed());
        return tarjan.found;
    }

    private static final class Tarjan {

        private final Map<String, Set<String>> edges;
        private final Map<String, Integer> numbers = new HashMap<>();
        private final Map<String, Integer> lowest = new HashMap<>();
        private final Deque<String> path = new ArrayDeque<>();
        private final List<Set<String>> found = new ArrayList<>();

        Tarjan(Map<String, Set<String>> edges) {
            this.edges = edges;
        }

        void visit(String node) {
            if (numbers.containsKey(node)) {
                return;
            }
            int number = numbers.size();
            numbers.put(node, number);
            lowest.put(node, number);
            path.push(node);
            for (String next : edges.getOrDefault(node, Set.of())) {
                if (!numbers.containsKey(next)) {
                    visit(next);
                    lowest.merge(node, lowest.get(next), Math::min);
                } else if (path.contains(next)) {
                    lowest.merge(node, numbers.get(next), Math::min);
                }
            }
            if (lowest.get(node) == number) {
                Set<String> component = new TreeSet<>();
                String last;
                do {
                    last = path.pop();
                    component.add(last);
                } while (!last.equals(node));
                if (component.size() > 1) {
                    found.add(component);
                }
            }
        }
    }
}
