package io.asyncslot.simulation;

import io.asyncslot.simulation.Coverage.Fault;
import io.asyncslot.simulation.Coverage.Race;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Lives worlds, one seed after another; what fails is told with its seed, and made as short as can be. */
public final class Simulation {

    /** Some worlds are long, so that counters and tables have time to grow. */
    private static final int LONGEST = 10_000;

    private static final long SHRINKING_NANOS = 8_000_000_000L;
    private static final long PROGRESS_NANOS = 10_000_000_000L;
    private static final long HANGS_CPU_NANOS = 60_000_000_000L;
    private static final long HANGS_NANOS = 600_000_000_000L;

    private static final Logger LOG = Logger.getLogger("io.asyncslot");

    private final Workers workers = new Workers();
    private final Coverage coverage;
    private final Life.Kind lives;

    /** The world that goes on; null between two. The watch reads it in one piece. */
    private volatile @Nullable Present present;

    private long steps;
    private long worlds;

    /** A world that goes on: when it began, and what the process had used of a processor then. */
    private record Present(long seed, long began, long cpuBefore) {

        boolean hangs() {
            return System.nanoTime() - began >= HANGS_NANOS || cpu() - cpuBefore >= HANGS_CPU_NANOS;
        }
    }

    /** What went wrong, and the steps that it takes. */
    public record Failure(long seed, String message, List<Integer> steps, String trace) {

        /** What {@code --replay} takes. */
        public String replay() {
            StringBuilder text = new StringBuilder().append(seed);
            char before = ':';
            for (int i = 0; i < steps.size(); i++) {
                int from = i;
                while (i + 1 < steps.size() && steps.get(i + 1) == steps.get(i) + 1) {
                    i++;
                }
                text.append(before).append(steps.get(from));
                text.append(i > from ? "-" + steps.get(i) : "");
                before = ',';
            }
            return text.toString();
        }
    }

    /** Makes one that has tried nothing; what the engine logs of failures that are part of the plan is not shown. */
    public Simulation() {
        this(clocks -> new JvmMachine(), Coverage.Group.JVM);
    }

    Simulation(Function<Ticker, Machine> machine, Coverage.Group group) {
        this((seed, coverage, workers, trace) -> new World(seed, coverage, workers, trace, machine), group);
    }

    Simulation(Life.Kind lives, Coverage.Group group) {
        this.lives = lives;
        this.coverage = new Coverage(group);
        LOG.setLevel(Level.OFF);
    }

    /** Arguments as {@code simulation/run} explains them; ends with 1 after a failure. */
    public static void main(String[] arguments) {
        main(new Simulation(), arguments);
    }

    static void main(Simulation simulation, String[] arguments) {
        long seed = System.nanoTime() & Long.MAX_VALUE;
        long most = Long.MAX_VALUE;
        long seconds = Long.MAX_VALUE / 1_000_000_000L;
        String replay = null;
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            String value = arguments[i + 1];
            switch (arguments[i]) {
                case "--seed" -> seed = Long.parseLong(value);
                case "--steps" -> most = (long) Double.parseDouble(value);
                case "--seconds" -> seconds = Long.parseLong(value);
                case "--replay" -> replay = value;
                default ->
                    throw new IllegalArgumentException(
                            arguments[i] + " is none of --seed, --steps, --seconds, --replay");
            }
        }
        simulation.watch();
        String commit = System.getProperty("simulation.commit", "unknown");
        if (replay != null) {
            Failure failure = simulation.replay(replay);
            System.out.println(failure == null ? "simulation: nothing fails" : failure.trace() + failure.message());
            System.exit(failure == null ? 0 : 1);
        }
        System.out.println("simulation: commit " + commit + ", seeds from " + seed);
        Failure failure = simulation.run(seed, most, seconds);
        System.out.print(simulation.report());
        if (failure != null) {
            System.out.println(failure.trace());
            System.out.println("simulation: " + failure.message());
            System.out.println("simulation: FAILED at commit " + commit + ", seed " + failure.seed() + ", "
                    + failure.steps().size() + " steps; again: simulation/run --replay " + failure.replay());
        }
        System.exit(failure == null ? 0 : 1);
    }

    /** A world that does not come to an end is a failure as well. */
    private void watch() {
        Thread watch = new Thread(
                () -> {
                    Present seen = present;
                    while (seen == null || !seen.hangs()) {
                        try {
                            Thread.sleep(500);
                        } catch (InterruptedException e) {
                            return;
                        }
                        seen = present;
                    }
                    System.out.println("failure: seed " + seen.seed() + " does not come to an end");
                    Thread.getAllStackTraces()
                            .forEach((thread, stack) -> System.out.println(thread + " " + List.of(stack)));
                    Runtime.getRuntime().halt(1);
                },
                "simulation-watch");
        watch.setDaemon(true);
        watch.start();
    }

    /**
     * Lives worlds until one fails or enough has been done.
     *
     * @return what failed, shrunk; null for nothing
     */
    public @Nullable Failure run(long firstSeed, long mostSteps, long seconds) {
        long began = System.nanoTime();
        long told = began;
        for (long seed = firstSeed; steps < mostSteps; seed++) {
            long now = System.nanoTime();
            if ((now - began) / 1_000_000_000L >= seconds) {
                break;
            }
            if (now - told > PROGRESS_NANOS) {
                told = now;
                tell(now - began, "");
            }
            String message = live(seed, all(seed), null);
            if (message != null) {
                System.out.println("failure: seed " + seed + ", the " + worlds + ". one: " + message);
                return shrunk(seed);
            }
        }
        tell(System.nanoTime() - began, ", 0 failures");
        return null;
    }

    private void tell(long nanos, String more) {
        System.out.printf(
                "simulation: %,d steps, %,d seeds in %.0f s, %,.0f steps for each second of a processor%s%n",
                steps, worlds, nanos / 1e9, steps * 1e9 / cpu(), more);
    }

    /** What this process has used: a machine that has other work does not count. */
    private static long cpu() {
        return ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .orElse(Duration.ZERO)
                .toNanos();
    }

    /** Lives one world again: a seed, perhaps with the steps to carry out, as in {@code 7:1-5,9}. */
    public @Nullable Failure replay(String text) {
        String[] parts = text.split(":", -1);
        long seed = Long.parseLong(parts[0]);
        List<Integer> chosen = all(seed);
        if (parts.length > 1) {
            chosen = new ArrayList<>();
            for (String range : parts[1].split(",", -1)) {
                String[] ends = range.split("-", -1);
                for (int i = Integer.parseInt(ends[0]); i <= Integer.parseInt(ends[ends.length - 1]); i++) {
                    chosen.add(i);
                }
            }
        }
        StringBuilder trace = new StringBuilder();
        String message = live(seed, chosen, trace);
        return message == null ? null : new Failure(seed, message, chosen, trace.toString());
    }

    /** What was tried. */
    public String report() {
        return coverage.report();
    }

    /** How many steps were carried out. */
    public long steps() {
        return steps;
    }

    long reached(Race race) {
        return coverage.reached(race);
    }

    long injected(Fault fault) {
        return coverage.injected(fault);
    }

    /** What a world did, line by line. */
    String trace(long seed) {
        StringBuilder trace = new StringBuilder();
        String message = live(seed, all(seed), trace);
        return trace + String.valueOf(message);
    }

    private static List<Integer> all(long seed) {
        Dice dice = new Dice();
        dice.seed(seed, -3);
        int count = dice.oneIn(10) ? LONGEST : 200 + dice.below(2_000);
        List<Integer> steps = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            steps.add(i);
        }
        return steps;
    }

    /** Answers what went wrong; null for nothing. */
    private @Nullable String live(long seed, List<Integer> chosen, @Nullable StringBuilder trace) {
        present = new Present(seed, System.nanoTime(), cpu());
        Life world = lives.begin(seed, coverage, workers, trace);
        worlds++;
        try {
            for (int step : chosen) {
                world.step(step);
            }
            world.end();
            return null;
        } catch (Throwable e) {
            if (trace != null && !(e instanceof Wrong)) {
                for (StackTraceElement element : e.getStackTrace()) {
                    trace.append("    at ").append(element).append('\n');
                }
            }
            world.abandon();
            return e instanceof Wrong ? String.valueOf(e.getMessage()) : e.toString();
        } finally {
            steps += world.done();
            present = null;
        }
    }

    /** Leaves out steps as long as something still goes wrong without them. */
    private Failure shrunk(long seed) {
        List<Integer> kept = all(seed);
        long until = System.nanoTime() + SHRINKING_NANOS;
        for (int size = kept.size() / 2; size >= 1; size /= 2) {
            for (int from = kept.size() - size; from >= 0 && System.nanoTime() < until; from -= size) {
                List<Integer> fewer = new ArrayList<>(kept.subList(0, from));
                fewer.addAll(kept.subList(Math.min(kept.size(), from + size), kept.size()));
                if (live(seed, fewer, null) != null) {
                    kept = fewer;
                }
            }
        }
        StringBuilder trace = new StringBuilder();
        String message = live(seed, kept, trace);
        return new Failure(seed, String.valueOf(message), kept, trace.toString());
    }
}
