package io.asyncslot.chaos;

import static io.asyncslot.chaos.JvmWorld.millis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** One process after another on slots that are pinned in the kernel. */
final class KernelWorld implements World {

    private static final Path BPFFS = Path.of("/sys/fs/bpf");
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(120);

    private final Path directory;
    private final Path pins;
    private NodeProcess node;
    private int lives;

    KernelWorld(Path directory) throws Exception {
        this.directory = directory;
        this.pins = BPFFS.resolve("asyncslot-chaos-" + ProcessHandle.current().pid());
        this.node = made();
    }

    /** Why there can be none here; empty if there can. */
    static String missing() throws Exception {
        if (!Files.isWritable(BPFFS)) {
            return BPFFS + " is not a BPF file system that this user may write to";
        }
        return loader("--pin-path", BPFFS.resolve("asyncslot-chaos-probe").toString(), "--probe") == 0
                ? ""
                : "the loader's probe says that slots cannot be pinned here";
    }

    private static int loader(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                NodeProcess.java(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "io.asyncslot.kernel.KernelLoader"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    private NodeProcess made() throws IOException {
        return new NodeProcess(
                List.of(),
                "kernel",
                directory,
                "life" + ++lives,
                pins.toString(),
                List.of("-Xmx128m", "--enable-native-access=ALL-UNNAMED"));
    }

    @Override
    public void start() throws Exception {
        if (!node.isReady()) {
            throw new IllegalStateException("life " + lives + " did not start: see the logs in " + directory);
        }
    }

    @Override
    public List<Fault> faults() {
        return List.of(
                new Fault("killed", this::kill),
                new Fault("stopped", random -> JvmWorld.stop(node, millis(random, 500, 6_000))),
                new Fault("ended and started", random -> {
                    node.end();
                    node = made();
                    start();
                }),
                new Fault("loader again", random -> loader("--pin-path", pins.toString())),
                new Fault("pin removed", random -> removePin(random, false)),
                new Fault("pin damaged", random -> removePin(random, true)),
                new Fault("memory limit", this::limitMemory));
    }

    /** Room for some more megabytes, the kernel's memory included; who wants more has none, or is killed. */
    private void limitMemory(Random random) throws Exception {
        boolean killed;
        try (MemoryGroup group = new MemoryGroup(node.pid())) {
            group.limit((long) millis(random, 1, 4) << 20);
            Thread.sleep(millis(random, 500, 3_000));
            killed = group.endAndTellKills();
        }
        if (killed) {
            node.kill(); // it may not be gone yet
        }
        if (!node.isAlive()) {
            node = made();
            start();
        }
    }

    private void kill(Random random) throws Exception {
        node.kill();
        Thread.sleep(millis(random, 0, 2_000)); // timers expire in the kernel, and nobody is there
        node = made();
        start();
    }

    /** One that is in use; perhaps something else is in its place for a while. The application makes it again. */
    private void removePin(Random random, boolean otherInItsPlace) throws Exception {
        List<Path> found;
        try (var files = Files.list(pins)) {
            found = files.filter(Files::isRegularFile).sorted().toList();
        }
        Path victim = found.get(random.nextInt(found.size()));
        Files.delete(victim);
        if (otherInItsPlace) {
            Files.createDirectory(victim);
            Thread.sleep(millis(random, 500, 4_000));
            Files.delete(victim);
        }
        long end = System.nanoTime() + LIMIT_NANOS;
        while (!Files.exists(victim)) {
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException(victim + " was not pinned again");
            }
            Thread.sleep(20);
        }
    }

    @Override
    public void quiet() throws Exception {
        node.command("quiet");
    }

    @Override
    public void settled() {}

    @Override
    public long earlySlackMillis() {
        return 0;
    }

    @Override
    public boolean acknowledges() {
        return true;
    }

    @Override
    public void close() throws Exception {
        node.destroy();
        if (loader("--pin-path", pins.toString(), "--drop") != 0) {
            throw new IllegalStateException("the pins in " + pins + " could not be dropped");
        }
    }
}
