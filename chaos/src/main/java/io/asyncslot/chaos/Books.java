package io.asyncslot.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Balances what all processes have written: accepted = fired + pending + cancelled + deleted, each key once. A key is started
 * once, so each of its firings has one generation; one that was cut off comes again as a further attempt.
 */
final class Books {

    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final int SHOWN = 10;

    /** What may differ between the clocks of a database and this machine within one delay. */
    private final long earlySlack;

    /** Whether a firing that the listener was told of is done for good. */
    private final boolean acknowledged;

    private final Map<String, Key> keys = new HashMap<>();
    private final Set<String> runs = new HashSet<>();
    private final List<Fault> faults = new ArrayList<>();
    private final List<String> wrong = new ArrayList<>();

    long operations;
    long again;
    long early;
    long doubled;
    long lost;

    private record Line(long time, String text) {}

    /** A fault, by the monotonic clock. */
    record Fault(String kind, long began, long ended) {}

    private static final class Key {
        long due;
        boolean accepted;
        boolean cancelled;
        boolean deleted;
        boolean pending;

        /** An operation on it has not answered, or threw. */
        boolean doubt;

        final Set<Long> generations = new HashSet<>();
        final Set<Integer> attempts = new HashSet<>();

        @Nullable
        Long completed;

        @Nullable
        Long acknowledged;
    }

    Books(long earlySlackMillis, boolean acknowledged) {
        this.earlySlack = earlySlackMillis * NANOS_PER_MILLI;
        this.acknowledged = acknowledged;
    }

    /** Reads all files of a directory whose names end with ".ledger". */
    static Books read(Path directory, long earlySlackMillis, boolean acknowledged) throws IOException {
        List<Line> lines = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".ledger")).toList()) {
                String text = Files.readString(file);
                // a process that was killed may leave half a line
                text.substring(0, text.lastIndexOf('\n') + 1)
                        .lines()
                        .forEach(line ->
                                lines.add(new Line(Long.parseLong(line.substring(0, line.indexOf(' '))), line)));
            }
        }
        lines.sort(Comparator.comparingLong(Line::time));
        Books books = new Books(earlySlackMillis, acknowledged);
        lines.forEach(line -> books.line(line.time, line.text.split(" ", -1)));
        books.balance();
        return books;
    }

    void line(long time, String... word) {
        if (word[1].equals("X")) {
            faults.add(new Fault(word[2], Long.parseLong(word[3]), time));
            return;
        }
        Key key = keys.computeIfAbsent(word[2], each -> new Key());
        switch (word[1]) {
            case "B" -> {
                operations++;
                key.due = time + Long.parseLong(word[3]) * NANOS_PER_MILLI;
                key.doubt = true;
            }
            case "S" -> {
                key.doubt = false;
                key.accepted = word[3].equals("STARTED");
            }
            case "c", "d" -> {
                operations++;
                key.doubt = true;
            }
            case "C" -> {
                key.doubt = false;
                key.cancelled |= word[3].equals("CANCELLED");
            }
            case "D" -> {
                key.doubt = false;
                key.deleted |= word[3].equals("true");
            }
            case "F" -> fired(time, key, word);
            case "R" -> key.completed = key.completed == null ? (Long) time : key.completed;
            case "A" -> key.acknowledged = time;
            case "P" -> key.pending = true;
            default -> {} // U: it stays in doubt
        }
    }

    private void fired(long time, Key key, String... word) {
        if (!runs.add(word[2] + "/" + word[6])) {
            return; // a line that was written twice
        }
        int attempt = Integer.parseInt(word[4]);
        key.generations.add(Long.parseLong(word[3]));
        again += attempt > 1 ? 1 : 0;
        if (!key.attempts.add(attempt) || key.generations.size() > 1 || acknowledged && key.acknowledged != null) {
            doubled++;
            wrong("doubled", word);
        }
        if (Long.parseLong(word[5]) < 0 || time < key.due - earlySlack) {
            early++;
            wrong("early by " + (key.due - time) + " ns", word);
        }
    }

    private void wrong(String what, String... word) {
        wrong.add(what + ": " + String.join(" ", word));
    }

    /** After the last line. */
    void balance() {
        keys.forEach((name, key) -> {
            boolean fired = !key.attempts.isEmpty();
            if (fired && (key.cancelled || key.deleted || key.pending)) {
                doubled++;
                wrong("fired and cancelled, deleted or pending", name);
            }
            if (isOpen(key)) {
                lost++;
                wrong("lost", name + " due " + key.due);
            }
        });
    }

    private static boolean isOpen(Key key) {
        return key.accepted && !key.doubt && !key.cancelled && !key.deleted && !key.pending && key.completed == null;
    }

    long accepted() {
        return count(key -> key.accepted);
    }

    long fired() {
        return count(key -> key.accepted && key.completed != null);
    }

    long inDoubt() {
        return count(key -> key.doubt);
    }

    private long count(java.util.function.Predicate<Key> filter) {
        return keys.values().stream().filter(filter).count();
    }

    long faults() {
        return faults.size();
    }

    Map<String, Integer> faultsByKind() {
        Map<String, Integer> kinds = new TreeMap<>();
        faults.forEach(fault -> kinds.merge(fault.kind, 1, Integer::sum));
        return kinds;
    }

    /** How long after the end of a fault the last run ended that was due by then, by kind of fault; milliseconds. */
    Map<String, Long> recoveries() {
        Map<String, Long> longest = new TreeMap<>();
        for (Fault fault : faults) {
            long last = keys.values().stream()
                    .filter(key -> key.completed != null && key.due <= fault.ended && !key.cancelled)
                    .mapToLong(key -> key.completed == null ? 0 : key.completed - fault.ended)
                    .max()
                    .orElse(0);
            longest.merge(fault.kind, Math.max(0, last) / NANOS_PER_MILLI, Math::max);
        }
        return longest;
    }

    boolean isExact() {
        return lost == 0 && doubled == 0 && early == 0;
    }

    /** The first things that are wrong. */
    List<String> wrong() {
        return wrong.subList(0, Math.min(SHOWN, wrong.size()));
    }

    @Override
    public String toString() {
        return String.format(
                "%,d operations, %,d accepted = %,d fired + %,d cancelled + %,d deleted + %,d pending (%,d in doubt); %,d"
                        + " delivered again; lost %d, doubled %d, early %d",
                operations,
                accepted(),
                fired(),
                count(key -> key.accepted && key.cancelled),
                count(key -> key.accepted && key.deleted),
                count(key -> key.accepted && key.pending),
                inDoubt(),
                again,
                lost,
                doubled,
                early);
    }
}
