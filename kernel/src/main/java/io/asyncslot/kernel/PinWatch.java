package io.asyncslot.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Looks whether the pins still stand for the memory of this process, and makes them again where it can. Owns the lock on the
 * directory. One thread at a time looks; any thread may ask what was found.
 */
final class PinWatch implements AutoCloseable {

    private static final String ITSELF = "";

    private final Libbpf libbpf;
    private final KernelObjects objects;
    private final Path directory;

    /** Group and mode of the directory and of each pin, as they were when this process came. */
    private final Map<String, Access> accesses = new HashMap<>();

    /** The lock. The looking thread's own. */
    private Pins pins;

    /** What the last look found and could not put right; null for nothing. Written by the looking thread; volatile. */
    private volatile @Nullable String trouble;

    /** How many pins were made again. Written by the looking thread; volatile. */
    private volatile long repinned;

    private record Access(Object group, Object mode) {}

    PinWatch(Libbpf libbpf, KernelObjects objects, Pins pins) {
        this.libbpf = libbpf;
        this.objects = objects;
        this.pins = pins;
        this.directory = pins.directory();
        for (String name : KernelObjects.names()) {
            note(name);
        }
        note(ITSELF);
    }

    private void note(String name) {
        try {
            Map<String, Object> found =
                    Files.readAttributes(directory.resolve(name), "unix:gid,mode", LinkOption.NOFOLLOW_LINKS);
            accesses.put(
                    name,
                    new Access(Objects.requireNonNull(found.get("gid")), Objects.requireNonNull(found.get("mode"))));
        } catch (IOException e) {
            // gone already: made again with what the directory and this process give it
        }
    }

    /** What is wrong with the pins; null for nothing. */
    @Nullable
    String trouble() {
        return trouble;
    }

    /** How many pins were made again. */
    long repinned() {
        return repinned;
    }

    /** Looks, and puts right what can be. */
    void look() {
        try {
            trouble = repair();
        } catch (KernelException e) {
            trouble = lost(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            trouble = lost(e.toString());
        }
    }

    private String lost(String why) {
        return "the memory of this application is no longer pinned at " + directory
                + " any more, so its slots end with this process: " + why;
    }

    private @Nullable String repair() throws IOException {
        if (!pins.isStillThere()) {
            if (!KernelMounts.isBpffs(directory)) {
                return lost("that is in no BPF file system");
            }
            LibbpfPort.makeDirectory(directory);
            Pins next = Pins.lock(directory);
            if (next.contents() != Pins.Contents.NONE) {
                next.close();
                return lost("something else is pinned there");
            }
            pins.close();
            pins = next;
        }
        List<String> missing = KernelObjects.missingPins(directory);
        for (String name : List.of(KernelObjects.HEADER, KernelObjects.CONTROL)) {
            if (!missing.contains(name) && !isOurs(name)) {
                return lost("another memory is pinned there");
            }
        }
        for (String name : missing) { // the header's last
            libbpf.pin(objects.descriptor(name), directory.resolve(name));
            restore(name);
            count();
        }
        if (missing.size() == KernelObjects.pinsOfAll()) {
            restore(ITSELF);
        }
        return null;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread at a time writes
    private void count() {
        repinned++;
    }

    private boolean isOurs(String name) {
        int pin = libbpf.openPin(directory.resolve(name));
        try {
            return libbpf.mapInfo(pin).id() == objects.info(name).id();
        } finally {
            SystemCalls.close(pin);
        }
    }

    /** Gives a pin the group and mode that it had, of which the group needs privilege or membership. */
    private void restore(String name) throws IOException {
        Access access = accesses.get(name);
        if (access == null) {
            return;
        }
        int open =
                name.isEmpty() ? SystemCalls.openDirectory(directory) : PinDirectory.openPin(directory.resolve(name));
        try {
            Path file = PinDirectory.of(open);
            Files.setAttribute(file, "unix:gid", access.group);
            Files.setAttribute(file, "unix:mode", access.mode);
        } finally {
            SystemCalls.close(open);
        }
    }

    @Override
    public void close() {
        pins.close();
    }
}
