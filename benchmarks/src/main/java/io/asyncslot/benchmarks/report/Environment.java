package io.asyncslot.benchmarks.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.Predicate;

/** Where a run was measured. */
final class Environment {

    private Environment() {}

    /** One fact a line. */
    static List<String> lines(boolean quick) throws IOException {
        return List.of(
                quick ? "**A quick run, to see that all works: its figures mean nothing.**" : "A full run",
                "CPU: " + cpu() + ", " + Runtime.getRuntime().availableProcessors() + " CPUs",
                "Memory: " + memory(),
                "System: " + System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"),
                "JDK: " + System.getProperty("java.vendor") + " " + System.getProperty("java.runtime.version")
                        + ", G1, 3 GiB heap, touched before the start",
                "Load when it began: " + load(),
                "Date: " + Instant.now().truncatedTo(ChronoUnit.MINUTES));
    }

    private static String cpu() throws IOException {
        return field(Path.of("/proc/cpuinfo"), line -> line.startsWith("model name"));
    }

    private static String memory() throws IOException {
        return field(Path.of("/proc/meminfo"), line -> line.startsWith("MemTotal"));
    }

    private static String load() throws IOException {
        Path file = Path.of("/proc/loadavg");
        return Files.isReadable(file) ? Files.readString(file).strip() : "unknown";
    }

    private static String field(Path file, Predicate<String> line) throws IOException {
        if (!Files.isReadable(file)) {
            return "unknown";
        }
        return Files.readAllLines(file).stream()
                .filter(line)
                .map(found -> found.substring(found.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("unknown");
    }
}
