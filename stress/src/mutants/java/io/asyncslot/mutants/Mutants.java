package io.asyncslot.mutants;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Makes one mistake at a time in a class of the core, compiles that class, and runs the suite that owns the mistake with it
 * in front of the real ones. Every owner first runs on the core as it is, and has to pass in the time that its mutants have.
 * Exit code 1 if a mutant survives, 2 if one does not apply or does not compile, or if an owner fails by
 * itself or cannot run.
 */
public final class Mutants {

    private static final String ROW = "%-42s %-76s %-9s %7.1f  %s%n";

    private static final String FRAY_SCHEDULES = "600";

    /** Whether a schedule finds a mutant must not differ from one run to the next; stress/fray itself draws fresh seeds. */
    private static final String FRAY_SEED = "1";

    private final Map<String, String> options;
    private final Path source;
    private final Path work;
    private final String classes;
    private final String libraries;
    private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    private boolean broken;

    private record Mutant(String name, String file, String owner, int seconds, List<Hunk> hunks) {}

    /** Lines of a file, without what they are indented by, and what takes their place. */
    private record Hunk(List<String> old, List<String> fresh) {}

    private enum End {
        PASSED,
        FAILED,
        TIMED_OUT,
        BROKEN
    }

    private record Result(End end, double seconds, String what) {}

    private Mutants(Map<String, String> options) {
        this.options = options;
        this.source = Path.of(options.get("--sources"));
        this.work = Path.of(options.get("--work"));
        this.classes = options.get("--classes");
        this.libraries = options.get("--class-path");
    }

    /** Arguments come in pairs, but {@code --list}, {@code --check} and {@code --no-control}; {@code stress/mutants} says which. */
    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 0; i < arguments.length; i++) {
            boolean alone = Set.of("--list", "--check", "--no-control").contains(arguments[i]);
            options.put(arguments[i], alone ? "" : arguments[++i]);
        }
        System.exit(new Mutants(options).run());
    }

    private int run() throws Exception {
        List<Mutant> all = read();
        if (options.containsKey("--list")) {
            all.forEach(mutant ->
                    System.out.printf("%-42s %-28s %-76s %4d s%n", mutant.name, mutant.file, mutant.owner, mutant.seconds));
            return 0;
        }
        List<Mutant> chosen = chosen(all);
        if (options.containsKey("--check")) {
            return check(chosen);
        }
        if (chosen.stream().anyMatch(mutant -> mutant.owner.startsWith("jcstress:"))) {
            new ProcessBuilder("jcstress/run", "--build").inheritIO().start().waitFor();
        }
        if (chosen.stream().anyMatch(mutant -> mutant.owner.startsWith("simulation:"))) {
            new ProcessBuilder("simulation/run", "--build").inheritIO().start().waitFor();
        }
        if (!options.containsKey("--no-control")) {
            control(chosen);
        }
        int rounds = Integer.parseInt(options.getOrDefault("--rounds", "1"));
        int killed = 0;
        long began = System.nanoTime();
        System.out.printf("%-42s %-76s %-9s %7s  %s%n", "mutant", "suite", "verdict", "seconds", "by");
        for (Mutant mutant : chosen) {
            for (int round = 0; round < rounds; round++) {
                killed += isKilled(mutant) ? 1 : 0;
            }
        }
        int runs = chosen.size() * rounds;
        System.out.printf("mutants: %d of %d killed in %.0f s%n", killed, runs, (System.nanoTime() - began) / 1e9);
        return broken ? 2 : killed == runs && runs != 0 ? 0 : 1;
    }

    /** Whether all of them apply and compile; runs no suite. */
    private int check(List<Mutant> mutants) throws IOException {
        int fit = 0;
        for (Mutant mutant : mutants) {
            Path patch = work.resolve("patch").resolve(mutant.name);
            String problem = prepare(mutant, patch);
            delete(patch);
            if (problem == null) {
                fit++;
            } else {
                System.out.printf(ROW, mutant.name, mutant.file, "ERROR", 0.0, problem);
            }
        }
        System.out.printf("mutants: %d of %d apply and compile%n", fit, mutants.size());
        return fit == mutants.size() ? 0 : 2;
    }

    /** Every owner on the core as it is. */
    private void control(List<Mutant> mutants) throws Exception {
        Map<String, Integer> owners = new TreeMap<>();
        mutants.forEach(mutant -> owners.merge(mutant.owner, mutant.seconds, Math::min));
        System.out.printf("%-42s %-76s %-9s %7s%n", "(none)", "suite", "verdict", "seconds");
        for (Map.Entry<String, Integer> owner : owners.entrySet()) {
            Result result = suite(owner.getKey(), classes, owner.getValue(), "control");
            boolean passed = result.end == End.PASSED;
            broken |= !passed;
            String verdict = passed ? "passes" : "ERROR";
            System.out.printf(ROW, "(none)", owner.getKey(), verdict, result.seconds, passed ? "" : result.what);
        }
    }

    private boolean isKilled(Mutant mutant) throws Exception {
        Path patch = work.resolve("patch").resolve(mutant.name);
        String problem = prepare(mutant, patch);
        Result result = problem == null
                ? suite(mutant.owner, patch + File.pathSeparator + classes, mutant.seconds, mutant.name)
                : new Result(End.BROKEN, 0, problem);
        delete(patch);
        String verdict = switch (result.end) {
            case PASSED -> "SURVIVED";
            case FAILED -> "killed";
            case TIMED_OUT -> "hangs";
            case BROKEN -> "ERROR";
        };
        broken |= result.end == End.BROKEN;
        System.out.printf(ROW, mutant.name, mutant.owner, verdict, result.seconds, result.what);
        return result.end == End.FAILED || result.end == End.TIMED_OUT;
    }

    private List<Mutant> chosen(List<Mutant> all) {
        String suite = options.get("--suite");
        if (suite != null) {
            return all.stream().filter(mutant -> mutant.owner.startsWith(suite)).toList();
        }
        String only = options.get("--only");
        if (only != null) {
            List<String> names = List.of(only.split(","));
            List<String> unknown = new ArrayList<>(names);
            all.forEach(mutant -> unknown.remove(mutant.name));
            if (!unknown.isEmpty()) {
                throw new IllegalArgumentException("no such mutant: " + unknown);
            }
            return all.stream().filter(mutant -> names.contains(mutant.name)).toList();
        }
        String sample = options.get("--sample");
        if (sample == null) {
            return all;
        }
        long seed = Long.parseLong(options.getOrDefault("--seed", String.valueOf(System.nanoTime() & 0xFFFFFF)));
        System.out.printf("a sample of %s of %d mutants; again: --sample %s --seed %d%n", sample, all.size(), sample, seed);
        List<Mutant> shuffled = new ArrayList<>(all);
        Collections.shuffle(shuffled, new Random(seed));
        return shuffled.subList(0, Math.min(Integer.parseInt(sample), shuffled.size()));
    }

    /** See the head of the list for its form. */
    private List<Mutant> read() throws IOException {
        List<Mutant> mutants = new ArrayList<>();
        Set<String> names = new HashSet<>();
        char before = '@';
        int number = 0;
        for (String line : Files.readAllLines(Path.of(options.get("--mutants")))) {
            number++;
            char kind = line.isEmpty() ? '#' : line.charAt(0);
            if (kind == '@') {
                String[] parts = line.substring(1).split("\\|");
                String name = parts[0].strip();
                if (!names.add(name)) {
                    throw new IllegalArgumentException("line " + number + ": a second mutant " + name);
                }
                mutants.add(new Mutant(
                        name,
                        parts[1].strip(),
                        parts[2].strip(),
                        Integer.parseInt(parts[3].strip()),
                        new ArrayList<>()));
            } else if (kind == '-' || kind == '+') {
                List<Hunk> hunks = mutants.get(mutants.size() - 1).hunks;
                if (kind == '-' && before != '-') {
                    hunks.add(new Hunk(new ArrayList<>(), new ArrayList<>()));
                }
                Hunk last = hunks.get(hunks.size() - 1);
                (kind == '-' ? last.old : last.fresh).add(line.substring(1).strip());
            } else if (kind != '#') {
                throw new IllegalArgumentException("line " + number + " is neither '@', '-', '+' nor '#': " + line);
            }
            before = kind;
        }
        return mutants;
    }

    /** Compiles the mutated class into the directory; answers what is in the way, or null. */
    private String prepare(Mutant mutant, Path patch) throws IOException {
        delete(patch);
        Path file = source.resolve(mutant.file);
        List<String> lines = new ArrayList<>(Files.readAllLines(file));
        for (Hunk hunk : mutant.hunks) {
            int found = -1;
            for (int at = 0; at + hunk.old.size() <= lines.size(); at++) {
                List<String> here = lines.subList(at, at + hunk.old.size());
                if (here.stream().map(String::strip).toList().equals(hunk.old)) {
                    if (found >= 0) {
                        return "more than once in the file: " + hunk.old.get(0);
                    }
                    found = at;
                }
            }
            if (found < 0) {
                return "not in the file: " + hunk.old.get(0);
            }
            List<String> place = lines.subList(found, found + hunk.old.size());
            place.clear();
            place.addAll(hunk.fresh);
        }
        Path mutated = patch.resolve("source").resolve(file.getFileName());
        Files.createDirectories(mutated.getParent());
        Files.write(mutated, lines);
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
            boolean compiled = compiler.getTask(
                            messages,
                            manager,
                            null,
                            List.of(
                                    "--release", "17", "-nowarn", "-proc:none", "-implicit:none", "-g",
                                    "-d", patch.toString(),
                                    "-cp", classes + File.pathSeparator + libraries),
                            null,
                            manager.getJavaFileObjects(mutated))
                    .call();
            return compiled ? null : "does not compile: " + messages.toString().lines().findFirst().orElse("");
        }
    }

    private Result suite(String owner, String classPath, int seconds, String name) throws Exception {
        Path log = work.resolve(name + ".log");
        ProcessBuilder builder = new ProcessBuilder(command(owner, classPath))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().put("FRAY_CLASSES", classPath);
        builder.environment().put("JCSTRESS_CLASSES", classPath);
        builder.environment().put("JCSTRESS_MILLIS", "4000");
        long began = System.nanoTime();
        Process process = builder.start();
        boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
        if (!ended) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
        double took = (System.nanoTime() - began) / 1e9;
        if (!ended) {
            return new Result(End.TIMED_OUT, took, "no end in " + seconds + " s");
        }
        String failure = failure(log);
        return switch (process.exitValue()) {
            case 0 -> new Result(End.PASSED, took, "");
            case SuiteRun.FAILED -> new Result(failure.isEmpty() ? End.BROKEN : End.FAILED, took, failure);
            default -> new Result(End.BROKEN, took, "the suite could not run, see " + log);
        };
    }

    private List<String> command(String owner, String classPath) {
        int colon = owner.indexOf(':');
        String names = owner.substring(colon + 1);
        return switch (owner.substring(0, colon)) {
            case "fray" -> {
                String[] parts = names.split("\\*");
                String schedules = parts.length > 1 ? parts[1] : FRAY_SCHEDULES;
                yield List.of("stress/fray", "--only", parts[0], "--schedules", schedules, "--seed", FRAY_SEED);
            }
            case "jcstress" -> List.of("jcstress/run", "--quick", "-t", "\\." + names.replace(".", "\\.") + "\\.Real$");
            case "junit" -> {
                List<String> command = new ArrayList<>(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-cp",
                        classPath + File.pathSeparator + libraries,
                        SuiteRun.class.getName()));
                Arrays.stream(names.split(",")).map(name -> "io.asyncslot." + name).forEach(command::add);
                yield command;
            }
            case "simulation" -> List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:+UseSerialGC",
                    "-Xmx512m",
                    "-XX:+UnlockExperimentalVMOptions",
                    "-XX:hashCode=2",
                    "-XX:ActiveProcessorCount=1",
                    "-Dasyncslot.simulation.hash=1",
                    "-XX:TieredStopAtLevel=1", // it runs for seconds only
                    "-cp",
                    String.join(File.pathSeparator, classPath, libraries, "simulation/target/classes"),
                    "io.asyncslot.simulation.Simulation",
                    "--seed",
                    "1",
                    "--seconds",
                    names);
            default -> throw new IllegalArgumentException("no such kind of suite: " + owner);
        };
    }

    /** What a suite says of its first failure. */
    private static String failure(Path log) throws IOException {
        try (Stream<String> lines = Files.lines(log)) {
            return lines.filter(line -> line.contains(" FAILED at schedule ")
                            || line.contains(": forbidden outcome")
                            || line.startsWith(SuiteRun.FAILURE))
                    .map(line -> line.replace(SuiteRun.FAILURE, "").strip())
                    .map(line -> line.replaceFirst(", [0-9.]* s; again: .*", "").replaceFirst("outcome .*", "outcome"))
                    .map(line -> line.replaceAll(" +", " "))
                    .findFirst()
                    .orElse("");
        }
    }

    private static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Collections.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
