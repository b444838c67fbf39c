package io.asyncslot.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code asyncslot-kernel-loader}: loads and pins slots once, with privilege, so that applications need none. Prints
 * what it did, and does nothing if the slots are already loaded and pinned.
 */
public final class KernelLoader {

    /** Exit status: done. */
    static final int DONE = 0;
    /** Exit status: not possible here; the output gives the reason. */
    static final int IMPOSSIBLE = 1;
    /** Exit status: wrong arguments. */
    static final int USAGE = 2;

    private static final String DEFAULT_MODE = "660";

    private static final String HELP = """
            usage: asyncslot-kernel-loader --pin-path DIR [options]
              --pin-path DIR     where to pin, a directory in a BPF file system, such as /sys/fs/bpf/asyncslot
              --capacity N       room for so many slots                                      (65536)
              --key-bytes N      room for keys of so many bytes                              (120)
              --max-value-bytes N  room for values of so many bytes, and 288 more a slot; 0 for none  (512)
              --ring-bytes N     size of the event ring, a power of two                      (by capacity)
              --touchable        room for touches by BPF programs of others, some 130 bytes a slot
              --touch-group NAME|GID  the group whose programs may touch                     (as --group)
              --header           print asyncslot.bpf.h for this pin path and do nothing else
              --group NAME|GID   the group that may use it                                   (unchanged)
              --owner NAME|UID   the user that owns it                                       (unchanged)
              --mode OCTAL       permissions of the pins; the directory's follow from them    (660)
              --probe            report what is possible here and change nothing
              --list             list the maps that have slots there, and who holds them
              --drop             remove what is pinned there, with all slots in it
              --drop-map NAME    remove the slots of one map
              --migrate          refused, with what to do instead
              --help             this
            Loading needs CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN), and permission to write to DIR's parent.
            Using what is pinned needs permission to read and write the pins, and no capability.
            """;

    private final PrintStream out;
    private final PrintStream err;

    KernelLoader(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /**
     * Runs the loader.
     *
     * @param arguments see {@code --help}
     */
    @SuppressWarnings("SystemOut") // a program for the shell
    public static void main(String[] arguments) {
        System.exit(new KernelLoader(System.out, System.err).run(List.of(arguments)));
    }

    /** What was asked for. */
    private static final class Request {
        @Nullable
        Path pinPath;

        int capacity = KernelSettings.DEFAULT_CAPACITY;
        int keyBytes = KernelSettings.DEFAULT_KEY_BYTES;
        int ringBytes;
        int valueBytes = KernelSettings.DEFAULT_VALUE_BYTES;

        @Nullable
        String group;

        @Nullable
        String owner;

        String mode = DEFAULT_MODE;
        boolean probe;
        boolean drop;
        boolean help;
        boolean touchable;
        boolean header;
        boolean list;
        boolean migrate;

        @Nullable
        String dropMap;

        @Nullable
        String touchGroup;

        KernelSettings settings(Path path) {
            KernelSettings usual = KernelSettings.of(capacity, keyBytes, path, "asyncslot-kernel-loader");
            return (ringBytes == 0 ? usual : new KernelSettings(capacity, keyBytes, ringBytes, path, usual.holder()))
                    .touchable(touchable)
                    .valueBytes(valueBytes);
        }
    }

    int run(List<String> arguments) {
        Request request;
        try {
            request = parse(arguments);
        } catch (IllegalArgumentException e) {
            err.println("asyncslot-kernel-loader: " + e.getMessage());
            err.print(HELP);
            return USAGE;
        }
        if (request.help) {
            out.print(HELP);
            return DONE;
        }
        try {
            return run(request);
        } catch (KernelException e) {
            say(KernelProbe.explain(e));
        } catch (UncheckedIOException e) {
            err.println(e.getMessage() + ": " + e.getCause());
        } catch (IOException e) {
            err.println("asyncslot-kernel-loader: " + e);
        }
        return IMPOSSIBLE;
    }

    private int run(Request request) throws IOException {
        Path path = request.pinPath;
        if (request.probe || path == null) {
            return probe(path);
        }
        if (request.header) {
            return header(path);
        }
        if (request.list) {
            return list(path);
        }
        if (request.migrate) {
            return migrate(path);
        }
        if (request.dropMap != null) {
            return dropMap(path, request.dropMap);
        }
        return request.drop ? drop(path) : load(path, request);
    }

    private int probe(@Nullable Path path) {
        KernelReport report = KernelProbe.probe(path);
        report.details().forEach((name, value) -> out.println(name + ": " + value));
        report.findings().forEach(this::say);
        boolean used = report.findings().stream().allMatch(finding -> finding.problem() == KernelProblem.PIN_HELD);
        out.println(
                report.available()
                        ? "slots can be kept in this kernel"
                        : used ? "slots are kept in this kernel" : "slots cannot be kept in this kernel");
        return used ? DONE : IMPOSSIBLE;
    }

    private int load(Path path, Request request) throws IOException {
        if (!KernelMounts.isBpffs(path)) {
            say(KernelReport.Finding.of(KernelProblem.BPFFS_NOT_MOUNTED, path.toString()));
            return IMPOSSIBLE;
        }
        Libbpf libbpf = Libbpf.get();
        boolean made = LibbpfPort.makeDirectory(path);
        try (Pins pins = Pins.lock(path, user(path, request.owner))) {
            try {
                boolean loaded = LibbpfPort.ensureLoaded(libbpf, pins, request.settings(path));
                describe(path, loaded, request);
            } catch (KernelException e) {
                if (made) {
                    pins.drop();
                }
                throw e;
            }
            grant(path, request);
        } catch (PinPathHeldException e) {
            describe(path, false, request); // an application uses it: so there is nothing to load
            out.println(e.getMessage());
            grant(path, request);
        }
        return DONE;
    }

    /** Prints the header for programs of others, with what differs between pin paths. */
    private int header(Path path) throws IOException {
        Pins.check(path);
        int capacity = Pins.withHeader(
                path,
                header -> (int) Layout.INT.get(header, Layout.HEADER_TOUCHABLE) == 1
                        ? (int) Layout.INT.get(header, Layout.HEADER_CAPACITY)
                        : 0);
        if (capacity == 0) {
            err.println(
                    "asyncslot-kernel-loader: the memory pinned at " + path
                            + " has no room for touches: drop it first (--drop), with all slots in it, and load it with --touchable");
            return IMPOSSIBLE;
        }
        try (InputStream text = KernelLoader.class.getResourceAsStream("asyncslot.bpf.h")) {
            if (text == null) {
                throw new IOException("the jar has no asyncslot.bpf.h");
            }
            out.println("/* For pin_root_path " + path + " */");
            out.println("#define ASYNCSLOT_CAPACITY " + capacity);
            out.println("#define ASYNCSLOT_PIN_BY_NAME 1");
            out.print(new String(text.readAllBytes(), StandardCharsets.UTF_8));
        }
        return DONE;
    }

    private void describe(Path path, boolean loaded, Request request) {
        Pins.check(path);
        String[] words = Pins.withHeader(path, header -> new String[] {
            Integer.toString((int) Layout.INT.get(header, Layout.HEADER_CAPACITY)),
            Integer.toString((int) Layout.INT.get(header, Layout.HEADER_KEY_BYTES)),
            Layout.text(header, Layout.HEADER_PROGRAM, Layout.PROGRAM_BYTES),
            (int) Layout.INT.get(header, Layout.HEADER_TOUCHABLE) == 1 ? ", and for touches" : "",
            Integer.toString((int) Layout.INT.get(header, Layout.HEADER_VALUE_BYTES))
        });
        String values = words[4].equals("0") ? ", none for values" : ", values of " + words[4] + " bytes";
        out.println((loaded ? "loaded " : "found ") + words[2] + ", layout " + Layout.VERSION + ", pinned at " + path
                + ": room for " + words[0] + " slots with keys of " + words[1] + " bytes" + values + words[3]);
        boolean differs = !words[0].equals(Integer.toString(request.capacity))
                || !words[1].equals(Integer.toString(request.keyBytes))
                || !words[4].equals(Integer.toString(request.valueBytes))
                || request.touchable && words[3].isEmpty();
        if (!loaded && differs) {
            out.println("left as it is, although " + request.capacity + " slots with keys of " + request.keyBytes
                    + " bytes, values of " + request.valueBytes + " bytes"
                    + (request.touchable ? " and room for touches" : "")
                    + " were asked for: drop it first (--drop), with all slots in it, to change that");
        }
    }

    private void grant(Path path, Request request) throws IOException {
        var users = path.getFileSystem().getUserPrincipalLookupService();
        Integer owner = request.owner == null ? null : number(request.owner);
        int bits = Integer.parseInt(request.mode, 8);
        for (String name : names()) {
            boolean others = request.touchGroup != null && KernelObjects.isForOthers(name);
            String ofGroup = others ? request.touchGroup : request.group;
            int open = name.isEmpty() ? SystemCalls.openDirectory(path) : PinDirectory.openPin(path.resolve(name));
            try {
                Path file = PinDirectory.of(open);
                if (ofGroup != null) {
                    Integer group = number(ofGroup);
                    Object value = group == null ? users.lookupPrincipalByGroupName(ofGroup) : group;
                    Files.setAttribute(file, group == null ? "posix:group" : "unix:gid", value);
                }
                if (request.owner != null) {
                    Object value = owner == null ? users.lookupPrincipalByName(request.owner) : owner;
                    Files.setAttribute(file, owner == null ? "posix:owner" : "unix:uid", value);
                }
                int mode = name.isEmpty() ? directoryMode(bits) : bits;
                if (name.isEmpty() && request.touchGroup != null) {
                    mode |= 01; // that group has to get through
                }
                Files.setPosixFilePermissions(file, permissions(mode));
            } finally {
                SystemCalls.close(open);
            }
        }
        out.println("owner " + (request.owner == null ? "unchanged" : request.owner) + ", group "
                + (request.group == null ? "unchanged" : request.group) + ", mode " + request.mode
                + (request.touchGroup == null ? "" : ", group for touches " + request.touchGroup));
    }

    /** A user by number or name; null for none. */
    private static @Nullable Object user(Path path, @Nullable String user) throws IOException {
        if (user == null || number(user) != null) {
            return user == null ? null : number(user);
        }
        return path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user);
    }

    /** Others may list and enter the directory if they may read the pins, but never add or remove one. */
    private static int directoryMode(int bits) {
        return 0700 | bits & 044 | (bits & 044) >> 2;
    }

    private static List<String> names() {
        Deque<String> names = new ArrayDeque<>(KernelObjects.names());
        names.addLast(""); // the directory itself, once nothing is left to do in it
        return List.copyOf(names);
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        StringBuilder text = new StringBuilder(9);
        for (int bit = 8; bit >= 0; bit--) {
            text.append((mode >> bit & 1) == 0 ? '-' : "xwr".charAt(bit % 3));
        }
        return PosixFilePermissions.fromString(text.toString());
    }

    private int drop(Path path) {
        if (!Files.isDirectory(path)) {
            out.println("nothing is pinned at " + path);
            return DONE;
        }
        try (Pins pins = Pins.lock(path, ownerOf(path))) {
            int count = KernelObjects.countPins(path);
            String slots = counted(path);
            pins.drop();
            out.println("dropped " + count + " pins at " + path + slots);
        }
        return DONE;
    }

    /** What a drop takes away; a clause. */
    private static String counted(Path path) {
        try {
            PinnedSlots slots = PinnedSlots.count(path);
            return ", with " + slots.slots() + " slots, of which " + slots.armed() + " were armed";
        } catch (KernelException e) {
            return ", with slots that could not be counted: " + e.getMessage();
        }
    }

    private int list(Path path) {
        if (Pins.contents(path) == Pins.Contents.NONE) {
            out.println("nothing is pinned at " + path);
            return DONE;
        }
        PinnedSlots slots = PinnedSlots.count(path);
        out.println("pinned at " + path + ": " + slots.slots() + " slots, " + slots.armed() + " armed, "
                + slots.overdue() + " overdue");
        slots.lines().forEach(out::println);
        try (Pins pins = Pins.lock(path, ownerOf(path))) {
            out.println(
                    "no application holds it: slots that fall due at " + pins.directory() + " wait for an application");
        } catch (PinPathHeldException e) {
            out.println("held by " + e.holder());
        }
        return DONE;
    }

    private int dropMap(Path path, String name) {
        if (Pins.contents(path) == Pins.Contents.NONE) {
            out.println("nothing is pinned at " + path);
            return DONE;
        }
        PinnedSlots slots = PinnedSlots.count(path);
        if (!slots.names().contains(name)) {
            err.println("asyncslot-kernel-loader: no map '" + name + "' is pinned at " + path + "; there are "
                    + slots.names());
            return IMPOSSIBLE;
        }
        KernelSettings settings = KernelSettings.of(1, 8, path, "asyncslot-kernel-loader --drop-map");
        try (LibbpfPort port = LibbpfPort.open(settings)) { // counted again: nobody else has it now
            PinnedSlots held = PinnedSlots.count(path);
            out.println("dropped " + held.drop(port, name) + " slots of map '" + name + "' at " + path + "; "
                    + PinnedSlots.count(path).slots() + " slots of other maps stay");
        }
        return DONE;
    }

    private int migrate(Path path) {
        err.println(
                "asyncslot-kernel-loader: --migrate is refused: a state word, its checksums and what timers in the kernel"
                        + " run belong to the version that made them, and no other version can tell whether it converts them rightly.");
        err.println("  " + Pins.remedy(path) + ". --list counts the slots that are left");
        return IMPOSSIBLE;
    }

    /** Dropping removes names, and neither follows nor changes what they stand for: whoever owns it. */
    private static @Nullable Integer ownerOf(Path path) {
        try {
            return (Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            return null;
        }
    }

    private void say(KernelReport.Finding finding) {
        err.println("asyncslot-kernel-loader: " + finding.problem() + ": " + finding.reason());
        err.println("  " + finding.remedy());
    }

    private static Request parse(List<String> arguments) {
        Request request = new Request();
        Deque<String> rest = new ArrayDeque<>(arguments);
        while (!rest.isEmpty()) {
            String option = rest.removeFirst();
            switch (option) {
                case "--pin-path" ->
                    request.pinPath = Path.of(value(option, rest)).toAbsolutePath();
                case "--capacity" -> request.capacity = wholeNumber(option, rest);
                case "--key-bytes" -> request.keyBytes = wholeNumber(option, rest);
                case "--max-value-bytes" -> request.valueBytes = wholeNumber(option, rest);
                case "--ring-bytes" -> request.ringBytes = wholeNumber(option, rest);
                case "--group" -> request.group = value(option, rest);
                case "--owner" -> request.owner = value(option, rest);
                case "--mode" -> request.mode = mode(value(option, rest));
                case "--touchable" -> request.touchable = true;
                case "--touch-group" -> request.touchGroup = value(option, rest);
                case "--header" -> request.header = true;
                case "--list" -> request.list = true;
                case "--migrate" -> request.migrate = true;
                case "--drop-map" -> request.dropMap = value(option, rest);
                case "--probe" -> request.probe = true;
                case "--drop" -> request.drop = true;
                case "--help" -> request.help = true;
                default -> throw new IllegalArgumentException("unknown option " + option);
            }
        }
        if (request.pinPath == null && !request.probe && !request.help) {
            throw new IllegalArgumentException("--pin-path is missing");
        }
        if (request.pinPath != null) {
            request.settings(request.pinPath); // checks the numbers
        }
        return request;
    }

    private static String value(String option, Deque<String> rest) {
        if (rest.isEmpty()) {
            throw new IllegalArgumentException(option + " needs a value");
        }
        return rest.removeFirst();
    }

    private static int wholeNumber(String option, Deque<String> rest) {
        String value = value(option, rest);
        Integer number = number(value);
        if (number == null) {
            throw new IllegalArgumentException(option + " is '" + value + "', but must be a whole number");
        }
        return number;
    }

    private static String mode(String value) {
        if (!value.matches("0?[0-7]{3}")) {
            throw new IllegalArgumentException("--mode is '" + value + "', but must be three octal digits");
        }
        return value;
    }

    private static @Nullable Integer number(String text) {
        try {
            return Integer.valueOf(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
