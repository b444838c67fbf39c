package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.kernel.SlotDriver.Fired;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Slots that outlive the port that made them: pins, their lock, their loader, and users without privilege. */
class PinsTests {

    private static final long MILLI = 1_000_000;
    private static final long HOUR = 3_600_000 * MILLI;
    private static final int NOBODY = 65_534;

    private final Path path = RealKernel.freshPinPath();
    private final List<LibbpfPort> ports = new ArrayList<>();

    @BeforeAll
    static void needPins() {
        RealKernel.assumePins();
    }

    @AfterEach
    void drop() {
        ports.forEach(LibbpfPort::close);
        loader("--pin-path", path.toString(), "--drop");
        assertThat(path).doesNotExist();
    }

    private LibbpfPort open() {
        LibbpfPort port = LibbpfPort.open(RealKernel.settings(64, path));
        ports.add(port);
        return port;
    }

    @Test
    void timer_firesWhileNobodyIsThere() throws InterruptedException {
        LibbpfPort first = open();
        SlotDriver driver = new SlotDriver(first);
        driver.slot(7, Layout.KIND_TIMER, SlotDriver.MONOTONIC);
        driver.slot(8, Layout.KIND_TIMER, SlotDriver.MONOTONIC);
        Layout.putText(first.keys(), Layout.keyAt(7, 32) + Layout.KEY_DATA, 32, "order-7");
        long deadline = System.nanoTime() + 200 * MILLI;
        started(driver.start(8, SlotDriver.MONOTONIC, deadline + MILLI));
        started(driver.start(7, SlotDriver.MONOTONIC, deadline));
        int mapId = first.timersMapId();
        first.close();
        assumeTrue(System.nanoTime() < deadline, "SKIPPED: this thread had no CPU for a while");
        Thread.sleep(500);

        long reopened = System.nanoTime();
        LibbpfPort second = open();
        List<Fired> fired = new SlotDriver(second).exactly(2);

        assertThat(second.timersMapId()).isEqualTo(mapId);
        assertThat(fired).extracting(Fired::index).containsExactly(7, 8);
        assertThat(fired.get(0).firedAtNanos()).isBetween(deadline, reopened);
        assertThat(Layout.text(second.keys(), Layout.keyAt(7, 32) + Layout.KEY_DATA, 32))
                .isEqualTo("order-7");
        assertThat((int) Layout.INT.get(second.header(), Layout.HEADER_ATTACHMENTS))
                .isEqualTo(2);
        assertThat(new SlotDriver(second).await(1, 50))
                .as("taken events are gone")
                .isEmpty();
    }

    @Test
    void timer_goesOnAfterwards() {
        LibbpfPort first = open();
        SlotDriver driver = new SlotDriver(first);
        driver.slot(7, Layout.KIND_TIMER, SlotDriver.MONOTONIC);
        started(driver.start(7, SlotDriver.MONOTONIC, System.nanoTime() + HOUR));
        first.close();

        LibbpfPort second = open();
        SlotDriver again = new SlotDriver(second);
        assertThat(second.inspect(7).timerArmed()).isTrue();
        started(again.start(7, SlotDriver.MONOTONIC, System.nanoTime() + 20 * MILLI));

        assertThat(again.exactly(1)).extracting(Fired::index).containsExactly(7);
    }

    @Test
    void second_isRefusedWithTheHoldersIdentity() {
        open();
        assertThatThrownBy(this::open)
                .isInstanceOf(PinPathHeldException.class)
                .hasMessageContaining("process " + ProcessHandle.current().pid())
                .hasMessageContaining("tests of asyncslot-kernel");
        KernelReport report = KernelProbe.probe(path);
        assertThat(report.findings()).extracting(KernelReport.Finding::problem).containsExactly(KernelProblem.PIN_HELD);
        assertThat(loader("--pin-path", path.toString(), "--drop").status()).isEqualTo(KernelLoader.IMPOSSIBLE);
        assertThat(path).exists();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1})
    void otherLayout_isRefusedWithARemedy(int newer) {
        LibbpfPort port = open();
        Layout.INT.set(port.header(), Layout.HEADER_VERSION, Layout.VERSION + newer);
        port.close();

        assertThatThrownBy(this::open).isInstanceOfSatisfying(PinLayoutException.class, refusal -> {
            assertThat(refusal).hasMessageContaining("version " + (Layout.VERSION + newer));
            assertThat(refusal.remedy()).contains("migrate").contains("--drop").contains(path.toString());
        });
        assertThat(KernelProbe.probe(path).findings())
                .extracting(KernelReport.Finding::problem)
                .containsExactly(KernelProblem.PIN_LAYOUT);
        assertThat(path).as("a refusal changes nothing").exists();
    }

    /** The header is pinned last: without it, and without a slot, nobody ever used what is there. */
    @Test
    void interruptedLoader_isMadeGood() throws IOException {
        open().close();
        Files.delete(path.resolve(KernelObjects.HEADER));
        Files.delete(path.resolve(KernelObjects.EVENTS));
        assertThat(Pins.contents(path)).isEqualTo(Pins.Contents.INCOMPLETE);
        open().close();
        assertThat(KernelObjects.countPins(path)).isEqualTo(KernelObjects.pinsOfAll());
    }

    /** A pin that somebody removed, whichever it is: nothing is wiped, and what was found is said. */
    @Test
    void removedPin_isRefusedAndNothingIsWiped() throws IOException {
        for (String removed : KernelObjects.names()) {
            LibbpfPort port = open();
            new SlotDriver(port).slot(3, Layout.KIND_TIMER, SlotDriver.MONOTONIC);
            Layout.putText(port.keys(), Layout.keyAt(3, 32) + Layout.KEY_DATA, 32, "order-3");
            port.close();
            Files.delete(path.resolve(removed));

            assertThatThrownBy(this::open).as(removed).isInstanceOfSatisfying(PinLayoutException.class, refusal -> {
                assertThat(refusal).hasMessageContaining(removed);
                assertThat(refusal.remedy()).contains("--drop").contains(path.toString());
            });
            Run run = loader("--pin-path", path.toString());
            assertThat(run.status()).isEqualTo(KernelLoader.IMPOSSIBLE);
            assertThat(run.err()).contains("PIN_LAYOUT", removed, "--drop");
            assertThat(KernelProbe.probe(path).findings())
                    .extracting(KernelReport.Finding::problem)
                    .containsExactly(KernelProblem.PIN_LAYOUT);
            assertThat(KernelObjects.missingPins(path)).containsExactly(removed);
            assertThat(loader("--pin-path", path.toString(), "--drop").out())
                    .contains("dropped " + (KernelObjects.pinsOfAll() - 1) + " pins");
        }
    }

    /** A header that was zeroed or spoilt: nothing is wiped either. */
    @Test
    void spoiltHeader_isRefusedAndNothingIsWiped() {
        for (long[] spoilt : new long[][] {
            {Layout.HEADER_MAGIC, 0},
            {Layout.HEADER_MAGIC, 77},
            {Layout.HEADER_CAPACITY, -1},
            {Layout.HEADER_CAPACITY, 65}
        }) {
            LibbpfPort port = open();
            Layout.LONG.set(port.control(), 0L, 1L);
            Layout.INT.set(port.header(), spoilt[0], (int) spoilt[1]);
            port.close();

            assertThatThrownBy(this::open).as("%d := %d", spoilt[0], spoilt[1]).isInstanceOf(PinLayoutException.class);
            assertThat(loader("--pin-path", path.toString()).status()).isEqualTo(KernelLoader.IMPOSSIBLE);
            assertThat(KernelObjects.countPins(path)).isEqualTo(KernelObjects.pinsOfAll());
            loader("--pin-path", path.toString(), "--drop");
        }
    }

    /** A stranger makes the directory first, with links to a file of root's: it keeps its mode and its group. */
    @Test
    void strangersDirectory_isRefusedAndHisLinksAreNotFollowed(@TempDir Path elsewhere) throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "SKIPPED: only root has something to lose");
        Path target = Files.createFile(
                elsewhere.resolve("secret"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.createDirectory(path);
        for (String name : KernelObjects.names()) {
            Files.createSymbolicLink(path.resolve(name), target);
        }
        Files.setAttribute(path, "unix:uid", NOBODY);
        Run strange = loader("--pin-path", path.toString(), "--group", "" + NOBODY, "--mode", "666");
        assertThat(strange.status()).isEqualTo(KernelLoader.IMPOSSIBLE);
        assertThat(strange.err()).contains("PIN_DIRECTORY", "belongs to user " + NOBODY);
        assertThatThrownBy(this::open).isInstanceOf(KernelException.class).hasMessageContaining("" + NOBODY);

        for (String[] allowed : new String[][] {{"--owner", "" + NOBODY}, {"--owner", "0"}}) {
            Run links = loader("--pin-path", path.toString(), "--mode", "666", allowed[0], allowed[1]);
            assertThat(links.status()).as(links.out()).isEqualTo(KernelLoader.IMPOSSIBLE);
            assertThat(links.err()).contains("PIN_DIRECTORY");
            Files.setAttribute(path, "unix:uid", 0);
        }
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(loader("--pin-path", path.toString(), "--group", "" + NOBODY).err())
                .contains("PIN_DIRECTORY", "others may write");

        assertThat(Files.getAttribute(target, "unix:mode")).isEqualTo(0100600);
        assertThat(Files.getAttribute(target, "unix:gid")).isEqualTo(0);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(loader("--pin-path", path.toString(), "--drop").status()).isZero();
        assertThat(target).exists();
    }

    /** The directory itself is a link: as if it were not there, but for the words. */
    @Test
    void linkInPlaceOfTheDirectory_isNotFollowed(@TempDir Path elsewhere) throws IOException {
        Files.createSymbolicLink(path, elsewhere);
        Run run = loader("--pin-path", path.toString(), "--mode", "666");
        assertThat(run.status()).isEqualTo(KernelLoader.IMPOSSIBLE);
        assertThatThrownBy(this::open).isInstanceOf(KernelException.class);
        assertThat(elsewhere).isEmptyDirectory();
        Files.delete(path);
    }

    /** An init container that runs again beside its application finds everything in place. */
    @Test
    void loaderAndProbeBesideTheApplication_sayThatAllIsThere() {
        LibbpfPort port = open();
        Run again = loader("--pin-path", path.toString(), "--capacity", "64", "--key-bytes", "32");
        assertThat(again.status()).as(again.err()).isZero();
        assertThat(again.out()).contains("found").contains("room for 64 slots").contains("process");
        Run probe = loader("--pin-path", path.toString(), "--probe");
        assertThat(probe.status()).as(probe.err()).isZero();
        assertThat(probe.out()).contains("slots are kept in this kernel");
        assertThat(loader("--pin-path", path.toString(), "--drop").status()).isEqualTo(KernelLoader.IMPOSSIBLE);
        assertThat(new SlotDriver(port).op(1, Layout.OP_FREE)).isZero();
    }

    @Test
    void room_staysAsItWasMade() {
        open().close();
        try (LibbpfPort port = LibbpfPort.open(KernelSettings.of(1_000, 64, path, "bigger"))) {
            assertThat(port.capacity()).isEqualTo(64);
            assertThat(port.keyBytes()).isEqualTo(32);
        }
        Run run = loader("--pin-path", path.toString(), "--capacity", "1000");
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("found").contains("left as it is");
    }

    @Test
    void loader_saysWhatItDid() {
        Run run = loader("--pin-path", path.toString(), "--capacity", "100", "--key-bytes", "40", "--mode", "640");
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).contains("loaded").contains("room for 100 slots with keys of 40 bytes");
        assertThat(loader("--pin-path", path.toString(), "--probe").out()).contains("pinned: complete");
        try (LibbpfPort port = open()) {
            assertThat(port.capacity()).isEqualTo(100);
            assertThat(port.keyBytes()).isEqualTo(40);
            assertThat(port.features().pinned()).isTrue();
        }
    }

    /** What is there, by map, and who holds it; then one map goes, and the other stays. */
    @Test
    void loader_listsAndDropsMaps() {
        assertThat(loader("--pin-path", path.toString(), "--list").out()).contains("nothing is pinned");
        assertThat(loader("--pin-path", path.toString(), "--capacity", "64", "--key-bytes", "32")
                        .status())
                .isZero();
        try (AsyncSlotRegistry registry = registry()) {
            for (String name : List.of("one", "two")) {
                TimerSlots<String> map = registry.register(TimerMapSpec.named(name, String.class)
                        .callback((key, firing) -> {})
                        .build());
                map.start("a", Duration.ofHours(1));
                map.start("b", Duration.ZERO); // due, and nobody runs it
            }
            Run held = loader("--pin-path", path.toString(), "--list");
            assertThat(held.status()).isZero();
            assertThat(held.out())
                    .contains("held by process " + ProcessHandle.current().pid());
            assertThat(loader("--pin-path", path.toString(), "--drop-map", "one")
                            .status())
                    .isEqualTo(KernelLoader.IMPOSSIBLE);
        }
        Run list = loader("--pin-path", path.toString(), "--list");
        assertThat(list.out())
                .contains("4 slots, 4 armed, 2 overdue")
                .contains("map 'one', timers on MONOTONIC, keys java.lang.String: 2 slots, 2 armed, 1 overdue")
                .contains("no application holds it");
        assertThat(loader("--pin-path", path.toString(), "--drop-map", "three").err())
                .contains("no map 'three'", "[one, two]");
        assertThat(loader("--pin-path", path.toString(), "--drop-map", "one").out())
                .contains("dropped 2 slots of map 'one'", "2 slots of other maps stay");
        Run migrate = loader("--pin-path", path.toString(), "--migrate");
        assertThat(migrate.status()).isEqualTo(KernelLoader.IMPOSSIBLE);
        assertThat(migrate.err()).contains("refused", "until its slots have fired", "--drop");
        try (AsyncSlotRegistry registry = registry()) {
            assertThat(registry.register(TimerMapSpec.named("one", Long.class)
                                    .callback((key, firing) -> {})
                                    .build())
                            .stats()
                            .slots())
                    .isZero();
            assertThat(registry.register(TimerMapSpec.named("two", String.class)
                                    .callback((key, firing) -> {})
                                    .build())
                            .find("a"))
                    .isPresent();
        }
        assertThat(loader("--pin-path", path.toString(), "--drop").out())
                .contains("dropped " + KernelObjects.pinsOfAll() + " pins", "with 2 slots, of which 2 were armed");
    }

    private AsyncSlotRegistry registry() {
        return new AsyncSlotRegistryBuilder(Runnable::run)
                .backend(new KernelBackend(RealKernel.settings(64, path), KernelOptions.defaults()))
                .build();
    }

    @Test
    void loader_refusesWhatMakesNoSense() {
        assertThat(loader().status()).isEqualTo(KernelLoader.USAGE);
        assertThat(loader("--pin-path").err()).contains("needs a value");
        assertThat(loader("--pin-path", path.toString(), "--capacity", "0").err())
                .contains("capacity is 0");
        assertThat(loader("--pin-path", path.toString(), "--capacity", "x").err())
                .contains("whole number");
        assertThat(loader("--pin-path", path.toString(), "--mode", "abc").err()).contains("octal");
        assertThat(loader("--unknown").err()).contains("--unknown").contains("usage:");
        assertThat(loader("--help").out()).contains("usage:");
        Run run =
                loader("--pin-path", "/tmp/no-bpffs-" + ProcessHandle.current().pid());
        assertThat(run.status()).isEqualTo(KernelLoader.IMPOSSIBLE);
        assertThat(run.err()).contains("BPFFS_NOT_MOUNTED").contains("mount -t bpf");
    }

    @Test
    void ordinaryUser_usesWhatThePrivilegedOneLoaded(@TempDir Path classes) throws IOException, InterruptedException {
        assumeTrue("root".equals(System.getProperty("user.name")), "SKIPPED: only root can become another user");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "SKIPPED: no /usr/bin/setpriv");
        assertThat(loader("--pin-path", path.toString(), "--capacity", "64", "--group", "" + NOBODY)
                        .status())
                .isZero();
        copyClasses(classes);

        Run run = asNobody(classes, UnprivilegedUse.class.getName(), path.toString());
        assertThat(run.status()).as(run.out()).isZero();
        assertThat(run.out())
                .contains("uid " + NOBODY)
                .contains("CapEff:\t0000000000000000")
                .contains("fired 5");

        Run load = asNobody(classes, KernelLoader.class.getName(), "--pin-path", path + "-other");
        assertThat(load.status()).as("but may not load").isEqualTo(KernelLoader.IMPOSSIBLE);
        assertThat(load.out()).containsAnyOf("UNPRIVILEGED_BPF_DISABLED", "NOT_PERMITTED", "PIN_NOT_PERMITTED");

        assertThat(loader("--pin-path", path.toString(), "--group", "0").status())
                .isZero();
        Run refused = asNobody(classes, KernelLoader.class.getName(), "--probe", "--pin-path", path.toString());
        assertThat(refused.out()).contains("PIN_NOT_PERMITTED");
    }

    @Test
    void killedLoader_isInNobodysWay() throws IOException, InterruptedException {
        int interrupted = 0;
        for (int i = 0; i < KernelObjects.pinsOfAll(); i += 3) {
            Process loader = child(Redirect.DISCARD, "--enable-native-access=ALL-UNNAMED");
            long end = System.nanoTime() + 120_000 * MILLI;
            while (!Files.exists(path) && loader.isAlive() && System.nanoTime() < end) {
                Thread.sleep(1);
            }
            while (KernelObjects.countPins(path) <= i && loader.isAlive() && System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            loader.destroyForcibly().waitFor();
            assertThat(KernelObjects.countPins(path))
                    .as("pinned before it was killed")
                    .isPositive();
            interrupted += Pins.contents(path) == Pins.Contents.INCOMPLETE ? 1 : 0;
            open().close();
            assertThat(Pins.contents(path)).isEqualTo(Pins.Contents.COMPLETE);
            loader("--pin-path", path.toString(), "--drop");
        }
        assumeTrue(interrupted > 0, "SKIPPED: each loader was faster than its killer");
    }

    @Test
    void nativeAccessDenied_isSaid() throws IOException, InterruptedException {
        Process process = child(Redirect.PIPE, "--illegal-native-access=deny");
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isEqualTo(KernelLoader.IMPOSSIBLE);
        assertThat(said).contains("NATIVE_ACCESS").contains("--enable-native-access");
    }

    /** The loader, in a process of its own. */
    private Process child(Redirect output, String javaOption) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xshare:auto",
                        javaOption,
                        "-cp",
                        classesOf(KernelLoader.class).toString(),
                        KernelLoader.class.getName(),
                        "--pin-path",
                        path.toString())
                .redirectErrorStream(true)
                .redirectOutput(output)
                .start();
    }

    private static Path classesOf(Class<?> type) {
        return Path.of(URI.create(
                type.getProtectionDomain().getCodeSource().getLocation().toString()));
    }

    private static void copyClasses(Path to) throws IOException {
        Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwxr-xr-x"));
        for (Path from : List.of(classesOf(KernelLoader.class), classesOf(PinsTests.class))) {
            try (Stream<Path> files = Files.walk(from)) {
                for (Path file : files.toList()) {
                    Path copy = to.resolve(from.relativize(file).toString());
                    if (Files.isDirectory(file)) {
                        Files.createDirectories(copy);
                    } else {
                        Files.copy(file, copy);
                    }
                }
            }
        }
    }

    private static Run asNobody(Path classes, String main, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "/usr/bin/setpriv",
                "--reuid=" + NOBODY,
                "--regid=" + NOBODY,
                "--clear-groups",
                "--inh-caps=-all",
                "--bounding-set=-all",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classes.toString(),
                main));
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile("asyncslot", ".out");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(240, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            return new Run(process.waitFor(), Files.readString(output), "");
        } finally {
            Files.delete(output);
        }
    }

    private record Run(int status, String out, String err) {}

    private static Run loader(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = new KernelLoader(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8))
                .run(List.of(arguments));
        return new Run(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static void started(int result) {
        assumeTrue(result != -Errno.ENOMEM.number(), "SKIPPED: the kernel had no memory at that moment (-ENOMEM)");
        assertThat(result).as(Errno.words(result)).isZero();
    }
}
