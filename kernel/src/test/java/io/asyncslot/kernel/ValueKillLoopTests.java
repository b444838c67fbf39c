package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 in a loop on the real kernel: each value that was accepted is handed to one firing, taken, or gone with a cancel or delete
 * of its key. A few lives here; more with -Dasyncslot.kill.lives=N.
 */
class ValueKillLoopTests {

    private static final int LIVES = Integer.getInteger("asyncslot.kill.lives", 3);

    private final Path pinPath = RealKernel.freshPinPath();

    @TempDir
    private Path directory;

    @BeforeAll
    static void needPins() {
        RealKernel.assumePins();
    }

    @AfterEach
    void drop() throws Exception {
        assertThat(KillLoopTests.java(KernelLoader.class, List.of("--pin-path", pinPath.toString(), "--drop"))
                        .waitFor())
                .isZero();
    }

    @Test
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void killed_eachAcceptedValueIsHandedToOneFiringOrTakenOrGone() throws Exception {
        Random random = new Random(Long.getLong("asyncslot.kill.seed", System.nanoTime()));
        Path file = directory.resolve("ledger");
        for (int life = 1; life <= LIVES; life++) {
            Process child = child(file, life);
            KillLoopTests.await(file, "READY " + life + "\n", child);
            Thread.sleep(300 + random.nextInt(700));
            child.destroyForcibly();
            assertThat(child.waitFor()).as("life %d was killed", life).isEqualTo(137);
        }
        Process last = child(file, 0);
        assertThat(last.waitFor(120, TimeUnit.SECONDS)).as("the last life ends").isTrue();
        assertThat(last.exitValue()).isZero();

        Ledger ledger = new Ledger();
        Files.readAllLines(file).forEach(ledger::line);
        System.out.println("kill loop with values: " + LIVES + " lives, " + ledger.count());
        assertThat(ledger.wrong).isEmpty();
        assertThat(ledger.accepted).hasSizeGreaterThan(100);
        assertThat(ledger.generations).isNotEmpty();
    }

    private Process child(Path file, int life) throws Exception {
        return KillLoopTests.java(
                ValueKillChild.class, List.of(pinPath.toString(), file.toString(), String.valueOf(life)));
    }

    /** What the lines of all lives say. */
    private static final class Ledger {
        final List<String> wrong = new ArrayList<>();
        final Set<String> accepted = new HashSet<>();

        /** The firing that each value was handed to. */
        final Map<String, String> generations = new HashMap<>();

        private final Map<String, String> handed = new HashMap<>();
        private final Map<String, Set<String>> open = new HashMap<>();
        private final Set<String> taken = new HashSet<>();
        private final Set<String> gone = new HashSet<>();
        private final Set<String> acknowledged = new HashSet<>();

        /** Keys whose take has begun; one that has answered is none. */
        private final Set<String> taking = new HashSet<>();

        void line(String text) {
            String[] word = text.split(" ", -1);
            String key = word.length > 1 ? word[1] : "";
            switch (word[0]) {
                case "READY" -> {
                    taking.forEach(
                            each -> gone.addAll(open.getOrDefault(each, Set.of()))); // killed in them: either way
                    taking.clear();
                }
                case "START" ->
                    open.computeIfAbsent(key, each -> new HashSet<>()).add(word[2]);
                case "STARTED" -> accepted.add(word[2]);
                case "TAKE" -> taking.add(key);
                case "TAKEN" -> {
                    taking.remove(key);
                    for (int i = 2; i < word.length; i++) {
                        if (!taken.add(word[i]) || generations.containsKey(word[i])) {
                            wrong.add("taken although handed over or taken: " + text);
                        }
                    }
                }
                case "GONE" -> gone.addAll(open.getOrDefault(key, Set.of()));
                case "FIRED" -> fired(key + "/" + word[2], word);
                case "ENDED" -> acknowledged.add(key + "/" + word[2]);
                default -> {}
            }
        }

        private void fired(String firing, String[] word) {
            String values = String.join(" ", List.of(word).subList(3, word.length));
            String before = handed.put(firing, values);
            if (before != null && !before.equals(values)) {
                wrong.add("attempts of " + firing + " were handed " + before + ", then " + values);
            }
            if (acknowledged.contains(firing)) {
                wrong.add("an acknowledged firing comes again: " + firing);
            }
            for (int i = 3; i < word.length; i++) {
                String former = generations.put(word[i], firing);
                if (former != null && !former.equals(firing) || taken.contains(word[i])) {
                    wrong.add("value " + word[i] + " of " + firing + " was handed to " + former + ", or taken");
                }
            }
        }

        /** After the last life, in which nothing stays pending. */
        String count() {
            int left = 0;
            for (String value : accepted) {
                if (!generations.containsKey(value) && !taken.contains(value)) {
                    left++;
                    if (!gone.contains(value)) {
                        wrong.add("lost: " + value);
                    }
                }
            }
            return accepted.size() + " values accepted, " + generations.size() + " handed to " + handed.size()
                    + " firings, " + taken.size() + " taken, " + left + " cancelled, deleted or lost";
        }
    }
}
