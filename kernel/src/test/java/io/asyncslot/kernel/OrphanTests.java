package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Nothing is left in the kernel after close: bpftool is the witness. */
class OrphanTests {

    private static final Pattern ID = Pattern.compile("^(\\d+): ", Pattern.MULTILINE);

    @BeforeAll
    static void needBpftool() {
        RealKernel.assume();
        assumeTrue(!bpftool().isEmpty(), "SKIPPED: no bpftool");
    }

    @Test
    void close_leavesNothing() throws InterruptedException {
        LibbpfPort port = LibbpfPort.open(RealKernel.settings(16, null));
        SlotDriver driver = new SlotDriver(port);
        driver.slot(1, Layout.KIND_TIMER, SlotDriver.MONOTONIC);
        driver.start(1, SlotDriver.MONOTONIC, System.nanoTime() + 3_600_000_000_000L);
        driver.slot(2, Layout.KIND_WORK, SlotDriver.MONOTONIC);
        driver.op(2, Layout.OP_WORK);
        int program = port.inspect(1).timerProgram();
        int map = port.timersMapId();
        if (program != 0) {
            assertThat(ids("prog")).contains(program);
        }
        assertThat(ids("map")).contains(map);

        port.close();

        assertGone("map", map);
        if (program != 0) {
            assertGone("prog", program);
        }
    }

    @Test
    void drop_leavesNothing() throws InterruptedException {
        RealKernel.assumePins();
        Path path = RealKernel.freshPinPath();
        LibbpfPort port = LibbpfPort.open(RealKernel.settings(16, path));
        int map = port.timersMapId();
        port.close();
        assertThat(ids("map")).as("pinned: stays").contains(map);

        new KernelLoader(System.out, System.err).run(List.of("--pin-path", path.toString(), "--drop"));

        assertGone("map", map);
        assertThat(path).doesNotExist();
    }

    @Test
    void refusedOpen_leavesNoDirectory() {
        Path path = Path.of("/tmp/not-bpffs-" + ProcessHandle.current().pid());
        assertThatThrownBy(() -> LibbpfPort.open(RealKernel.settings(16, path)))
                .isInstanceOfSatisfying(
                        KernelException.class,
                        refusal -> assertThat(refusal.problem()).isEqualTo(KernelProblem.BPFFS_NOT_MOUNTED));
        assertThat(path).doesNotExist();
    }

    /** The kernel frees after a grace period. */
    private static void assertGone(String kind, int id) throws InterruptedException {
        long end = System.nanoTime() + 60_000_000_000L;
        while (ids(kind).contains(id) && System.nanoTime() < end) {
            Thread.sleep(50);
        }
        assertThat(ids(kind)).as("ids of %s", kind).doesNotContain(id);
    }

    private static Set<Integer> ids(String kind) {
        Set<Integer> ids = new TreeSet<>();
        Matcher matcher = ID.matcher(output(bpftool(), kind, "show"));
        while (matcher.find()) {
            ids.add(Integer.valueOf(matcher.group(1)));
        }
        return ids;
    }

    private static String bpftool() {
        for (String place : List.of("/usr/sbin/bpftool", "/usr/bin/bpftool", "/sbin/bpftool")) {
            if (Files.isExecutable(Path.of(place))) {
                return place;
            }
        }
        return "";
    }

    private static String output(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor(10, TimeUnit.SECONDS);
            return text;
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
