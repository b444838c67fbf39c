package com.example.devtools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the application from its classes, as an IDE does, on the Java of this test, and lets devtools restart it. */
class DevtoolsTests {

    private static final String EXPECTED = "stale home, own loader true, restarted true, timer threads 1";

    @TempDir
    Path directory;

    /** The ledger of the slots that fall due about when a restart comes: each fires once at most, and none after its start has ended. */
    private static void check(List<String> log) {
        int start = 0;
        List<String> near = new ArrayList<>();
        for (String line : log) {
            if (line.startsWith("begins with ")) {
                assertThat(line).as("%s", log).isEqualTo("begins with 0 slots");
                start++;
            } else if (line.startsWith("near ")) {
                assertThat(line).as("%s", log).startsWith("near " + start + "-");
                near.add(line);
            }
        }
        assertThat(start).isEqualTo(4);
        assertThat(near).doesNotHaveDuplicates();
        assertThat(near.stream().filter(line -> line.startsWith("near 4-")))
                .as("the last start, which nothing ended: %s", log)
                .hasSize(20);
    }

    @Test
    void restarts_endTheSlotsBeforeThem_andTheNewOnesFire() throws Exception {
        Path classes = copy(Path.of(DevtoolsApplication.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI()));
        String libraries = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(element -> element.endsWith(".jar"))
                .collect(Collectors.joining(File.pathSeparator));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        classes + File.pathSeparator + libraries,
                        DevtoolsApplication.class.getName())
                .redirectErrorStream(true)
                .start();
        List<String> log = new ArrayList<>();
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        Thread reader = new Thread(() -> read(process.inputReader(), lines));
        reader.setDaemon(true);
        reader.start();
        try {
            assertThat(next(lines, log)).as("%s", log).isEqualTo(EXPECTED);
            for (int i = 1; i <= 3; i++) {
                Files.setLastModifiedTime(
                        classes.resolve("com/example/devtools/Page.class"),
                        FileTime.from(Instant.EPOCH.plus(i, ChronoUnit.DAYS)));
                assertThat(next(lines, log)).as("%s", log).isEqualTo(EXPECTED);
            }
            while (log.stream().filter(line -> line.startsWith("near 4-")).count() < 20) {
                String line = lines.poll(60, TimeUnit.SECONDS);
                assertThat(line).as("%s", log).isNotNull();
                log.add(line);
            }
            String late = lines.poll(1, TimeUnit.SECONDS);
            assertThat(late).as("%s", log).isNull();
            check(log);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private static void read(BufferedReader output, BlockingQueue<String> lines) {
        output.lines().forEach(lines::add);
    }

    /** The next line that a callback has written; null if none comes. */
    private static String next(BlockingQueue<String> lines, List<String> log) throws InterruptedException {
        String line;
        do {
            line = lines.poll(60, TimeUnit.SECONDS);
            log.add(line);
        } while (line != null && !line.startsWith("stale "));
        return line;
    }

    private Path copy(Path from) throws Exception {
        Path to = directory.resolve("classes");
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
        return to;
    }
}
