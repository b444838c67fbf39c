package io.asyncslot.chaos;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * Faults on one backend, one after another, each kind as often as the others. In the end all that is due fires, and the books
 * are balanced. Ends with 1 if they are not, with 77 where the backend cannot be had.
 *
 * <p>Arguments: {@code jvm|cluster|kernel [--seconds N] [--seed N]}.
 */
public final class Chaos {

    private static final int QUIET_SECONDS = 120;

    private Chaos() {}

    public static void main(String[] arguments) throws Exception {
        String backend = arguments[0];
        int seconds = 60;
        long seed = System.nanoTime();
        for (int i = 1; i + 1 < arguments.length; i += 2) {
            switch (arguments[i]) {
                case "--seconds" -> seconds = Integer.parseInt(arguments[i + 1]);
                case "--seed" -> seed = Long.parseLong(arguments[i + 1]);
                default -> throw new IllegalArgumentException("unknown option " + arguments[i]);
            }
        }
        String missing = backend.equals("kernel") ? KernelWorld.missing() : "";
        if (!missing.isEmpty()) {
            System.out.println("chaos: SKIPPED: " + missing);
            System.exit(77);
        }
        Path directory = Files.createTempDirectory("asyncslot-chaos-" + backend + "-");
        System.out.printf("chaos: %s for %d s, seed %d, ledger in %s%n", backend, seconds, seed, directory);
        boolean exact = false;
        try {
            exact = run(backend, directory, seconds, new Random(seed));
        } catch (Throwable e) { // an Error too: the heap may not hold the books
            e.printStackTrace(System.out);
        } finally {
            System.exit(exact ? 0 : 1);
        }
    }

    private static boolean run(String backend, Path directory, int seconds, Random random) throws Exception {
        World world = world(backend, directory);
        try (Ledger ledger = new Ledger(directory.resolve("faults.ledger"))) {
            world.start();
            long until = System.nanoTime() + seconds * 1_000_000_000L;
            List<World.Fault> next = new ArrayList<>();
            while (System.nanoTime() - until < 0) {
                Thread.sleep(JvmWorld.millis(random, 500, 2_000));
                if (next.isEmpty()) {
                    next.addAll(world.faults());
                    Collections.shuffle(next, random);
                }
                World.Fault fault = next.remove(0);
                long began = System.nanoTime();
                fault.action().run(random);
                ledger.word('X', fault.kind().replace(' ', '-'), Long.toString(began));
            }
            world.quiet();
            boolean exact = settled(world, directory, backend);
            world.settled();
            return exact;
        } finally {
            world.close();
        }
    }

    private static World world(String backend, Path directory) throws Exception {
        return switch (backend) {
            case "jvm" -> new JvmWorld(directory);
            case "cluster" -> new ClusterWorld(directory);
            case "kernel" -> new KernelWorld(directory);
            default -> throw new IllegalArgumentException("no such backend: " + backend);
        };
    }

    /** Reads the books until they balance, or for as long as anybody would wait. */
    private static boolean settled(World world, Path directory, String backend) throws Exception {
        Books books = Books.read(directory, world.earlySlackMillis(), world.acknowledges());
        for (int i = 0; i < QUIET_SECONDS && books.lost > 0; i++) {
            Thread.sleep(1_000);
            books = Books.read(directory, world.earlySlackMillis(), world.acknowledges());
        }
        Map<String, Long> recoveries = books.recoveries();
        System.out.println("chaos: " + backend + ": " + books);
        System.out.println("chaos: " + books.faults() + " faults, longest recovery "
                + recoveries.values().stream().max(Long::compare).orElse(0L) + " ms: "
                + books.faultsByKind().entrySet().stream()
                        .map(kind ->
                                kind.getKey() + " " + kind.getValue() + " (" + recoveries.get(kind.getKey()) + " ms)")
                        .collect(Collectors.joining(", ")));
        if (!world.leftOut().isEmpty()) {
            System.out.println("chaos: left out: " + world.leftOut());
        }
        books.wrong().forEach(line -> System.out.println("chaos: " + line));
        boolean tried = books.faults() > 0 && books.accepted() > 0 && books.fired() > 0;
        System.out.println("chaos: " + (books.isExact() && tried ? "exact" : "FAILED"));
        return books.isExact() && tried;
    }
}
