package io.asyncslot.chaos;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** One process. Its slots are gone with its registry. */
final class JvmWorld implements World {

    private final Path directory;
    private final NodeProcess node;

    JvmWorld(Path directory) throws Exception {
        this.directory = directory;
        this.node = new NodeProcess(List.of(), "jvm", this.directory, "jvm", "", List.of("-Xmx64m"));
    }

    @Override
    public void start() throws Exception {
        if (!node.isReady()) {
            throw new IllegalStateException("the process did not start: see " + directory.resolve("jvm.log"));
        }
    }

    @Override
    public List<Fault> faults() {
        return List.of(
                new Fault("heap", random -> node.command("heap " + millis(random, 200, 1_500))),
                new Fault("saturated", random -> node.command("saturate " + millis(random, 200, 3_000))),
                new Fault("paused", random -> node.command("pause " + millis(random, 200, 3_000))),
                new Fault("shutdown", random -> node.command("shutdown")),
                new Fault("stopped", random -> stop(node, millis(random, 200, 3_000))));
    }

    static int millis(Random random, int least, int most) {
        return least + random.nextInt(most - least);
    }

    static void stop(NodeProcess node, long millis) throws Exception {
        node.signal("STOP");
        Thread.sleep(millis);
        node.signal("CONT");
    }

    @Override
    public void quiet() throws Exception {
        node.command("quiet");
    }

    @Override
    public void settled() throws Exception {
        node.command("settled");
    }

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
    }
}
