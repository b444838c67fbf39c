package io.asyncslot.fray;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import kotlin.Unit;
import org.pastalab.fray.core.TestRunner;
import org.pastalab.fray.core.command.Configuration;
import org.pastalab.fray.core.command.ExecutionInfo;
import org.pastalab.fray.core.command.LambdaExecutor;
import org.pastalab.fray.core.command.NetworkDelegateType;
import org.pastalab.fray.core.command.SystemTimeDelegateType;
import org.pastalab.fray.core.randomness.ControlledRandom;
import org.pastalab.fray.core.randomness.Randomness;
import org.pastalab.fray.core.randomness.RandomnessProvider;
import org.pastalab.fray.core.scheduler.POSScheduler;

/**
 * Plays scenarios under Fray's scheduler, which decides at each access to shared state who goes on. Schedule {@code i} of a
 * scenario is drawn from the seed plus {@code i}; the mix draws its program from the seed too, anew for each batch.
 */
public final class Explore {

    private static final int LONGEST_SCHEDULE = 200_000;
    private static final int MIX_BATCH = 40;

    private Explore() {}

    /** Draws each schedule from a seed of its own. */
    private static final class Seeds implements RandomnessProvider {

        private long next;

        Seeds(long first) {
            this.next = first;
        }

        @Override
        public Randomness getRandomness() {
            return new ControlledRandom(new ArrayList<>(), new ArrayList<>(), new Random(next++));
        }
    }

    /**
     * Arguments: {@code --seed}, {@code --schedules} per scenario, {@code --seconds} in all after which mixes end,
     * {@code --only} with names. Exit code 1 after a failure.
     */
    public static void main(String[] arguments) {
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            options.put(arguments[i], arguments[i + 1]);
        }
        long seed = Long.parseLong(options.getOrDefault("--seed", String.valueOf(System.nanoTime() & 0xFFFFFF)));
        int schedules = Integer.parseInt(options.getOrDefault("--schedules", "100"));
        double seconds = Double.parseDouble(options.getOrDefault("--seconds", "0"));
        List<String> only = options.containsKey("--only") ? List.of(options.get("--only").split(",")) : List.of();
        System.out.printf("fray: seed %d, %d schedules per scenario%n", seed, schedules);
        long began = System.nanoTime();
        boolean failed = false;
        for (String name : Scenarios.all(seed).keySet()) {
            if (only.isEmpty() || only.contains(name)) {
                failed |= name.endsWith("mix")
                        ? mixFails(name, seed, schedules)
                        : fails(name, Scenarios.all(seed).get(name), seed, schedules);
            }
        }
        for (long program = seed + MIX_BATCH * (long) schedules;
                !failed && (System.nanoTime() - began) / 1e9 < seconds;
                program += MIX_BATCH) {
            failed = mixFails(program % 2 == 0 ? "timer-mix" : "work-mix", program, MIX_BATCH);
        }
        System.out.printf("fray: %s in %.0f s%n", failed ? "FAILED" : "fine", (System.nanoTime() - began) / 1e9);
        System.out.flush();
        Runtime.getRuntime().halt(failed ? 1 : 0);
    }

    private static boolean mixFails(String name, long seed, int schedules) {
        boolean failed = false;
        for (int done = 0; done < schedules && !failed; done += MIX_BATCH) {
            failed = fails(name, Scenarios.all(seed + done).get(name), seed + done, Math.min(MIX_BATCH, schedules - done));
        }
        return failed;
    }

    private static boolean fails(String name, Scenarios.Scenario scenario, long seed, int schedules) {
        return fails(
                name,
                () -> {
                    Rig rig = new Rig();
                    scenario.play(rig);
                    rig.registry.close();
                    rig.join();
                },
                seed,
                schedules,
                Scenarios.TIMED.contains(name));
    }

    private static boolean fails(String name, Rig.Action action, long seed, int schedules, boolean virtualTime) {
        LambdaExecutor body = new LambdaExecutor(() -> {
            try {
                action.run();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            return Unit.INSTANCE;
        });
        Throwable failure;
        int done = 0;
        long began = System.nanoTime();
        try {
            if (!virtualTime) {
                action.run(); // classes are initialised outside the schedules, which would not be replayed otherwise
            }
            Seeds seeds = new Seeds(seed);
            Configuration configuration = new Configuration(
                    new ExecutionInfo(body, false, false, LONGEST_SCHEDULE),
                    Path.of(System.getProperty("java.io.tmpdir"), "asyncslot-fray-" + ProcessHandle.current().pid()),
                    schedules,
                    600,
                    new POSScheduler(seeds.getRandomness()),
                    seeds,
                    false,
                    false,
                    true,
                    false,
                    false,
                    false,
                    NetworkDelegateType.NONE,
                    virtualTime ? SystemTimeDelegateType.MOCK : SystemTimeDelegateType.NONE,
                    1000L,
                    !virtualTime,
                    false,
                    false,
                    false,
                    false,
                    false,
                    null);
            PrintStream out = System.out;
            System.setOut(new PrintStream(OutputStream.nullOutputStream()));
            try {
                failure = new TestRunner(configuration).run();
            } finally {
                System.setOut(out);
            }
            done = configuration.getCurrentIteration();
        } catch (Throwable e) { // a scenario that fails without any scheduler, too
            failure = e;
        }
        double took = (System.nanoTime() - began) / 1e9;
        if (failure == null) {
            System.out.printf("  %-20s fine, %d schedules, %.1f s%n", name, done, took);
            return false;
        }
        System.out.printf(
                "  %-20s FAILED at schedule %d, %.1f s; again: --only %s --schedules 1 --seed %d%n      %s%n",
                name, done + 1, took, name, seed + done, first(failure));
        return true;
    }

    private static String first(Throwable failure) {
        String text = failure.toString();
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }
}
