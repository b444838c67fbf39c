package io.asyncslot.chaos;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Network namespaces of Linux for the processes of a cluster, each with a link to this machine that can be cut. Nothing leads from one to
 * another, or any further. Driven by one thread, except that a hook removes them when this process ends in whatever way but a kill. What a
 * run left behind that was killed goes with the next one.
 */
final class Links implements AutoCloseable {

    /** What a cut takes. */
    enum Cut {
        /** The node has no network, and its system says so. */
        INTERFACE("ip -n NAME link set eth0 down", "ip -n NAME link set eth0 up"),
        /** All packets are lost, and nobody is told. */
        BOTH_WAYS("tc -n NAME qdisc add dev eth0 root blackhole; tc qdisc add dev LINK root blackhole"),
        /** What the node sends is lost. */
        FROM_NODE("tc -n NAME qdisc add dev eth0 root blackhole"),
        /** What is sent to the node is lost. */
        TO_NODE("tc qdisc add dev LINK root blackhole");

        private final String cut;
        private final String mend;

        Cut(String cut) {
            this(cut, cut.replace("qdisc add", "qdisc del").replace(" blackhole", ""));
        }

        Cut(String cut, String mend) {
            this.cut = cut;
            this.mend = mend;
        }
    }

    /** Which addresses {@link #host} and the nodes have. */
    static final String ADDRESSES = "10.128.0.0/10";

    private static final Path NAMESPACES = Path.of("/run/netns");
    private static final String PREFIX = "asyncslot-chaos-";
    private static final long LIMIT_SECONDS = 20;

    private final long self = ProcessHandle.current().pid();
    private final int count;

    /**
     * Makes them.
     *
     * @throws IOException if it is not possible here
     */
    Links(int count) throws IOException {
        this.count = count;
        removeThoseOfTheDead();
        Runtime.getRuntime().addShutdownHook(new Thread(this::close, "links"));
        try {
            for (int i = 0; i < count; i++) {
                make(i);
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private void make(int number) throws IOException {
        run(
                number,
                "ip netns add NAME; ip link add LINK type veth peer name eth0 netns NAME;"
                        + " ip addr add " + host(number) + "/30 dev LINK; ip link set LINK up;"
                        + " ip -n NAME addr add " + address(number * 4 + 2) + "/30 dev eth0;"
                        + " ip -n NAME link set eth0 up; ip -n NAME link set lo up");
        for (Cut cut : Cut.values()) { // what is not possible is to be known now
            cut(number, cut);
            mend(number, cut);
        }
    }

    /** How a node calls this machine. */
    String host(int number) {
        return address(number * 4 + 1);
    }

    /** All that {@link #host} tells. */
    List<String> hosts() {
        return IntStream.range(0, count).mapToObj(this::host).toList();
    }

    /** In one of 64 x 256 networks: runs at the same time have different ones. */
    private String address(int last) {
        return "10." + (128 + self / 256 % 64) + "." + self % 256 + "." + last;
    }

    /** Begins the command that runs something at the end of a link. */
    List<String> command(int number) {
        return List.of("ip", "netns", "exec", PREFIX + self + "-" + number);
    }

    void cut(int number, Cut cut) throws IOException {
        run(number, cut.cut);
    }

    void mend(int number, Cut cut) throws IOException {
        run(number, cut.mend);
    }

    private void run(int number, String commands) throws IOException {
        run(PREFIX + self + "-" + number, commands);
    }

    /** Runs commands for the namespace of that name. Names of links have 15 characters at most. */
    private static void run(String name, String commands) throws IOException {
        String link = "as" + name.substring(PREFIX.length());
        Process process = new ProcessBuilder(
                        "sh", "-ec", commands.replace("NAME", name).replace("LINK", link))
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.onExit().orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join().exitValue() != 0) {
            throw new IOException(said.strip());
        }
    }

    /** Removes them, with what runs in them. */
    @Override
    public void close() {
        for (int i = 0; i < count; i++) {
            remove(PREFIX + self + "-" + i);
        }
    }

    private static void remove(String name) {
        if (!Files.exists(NAMESPACES.resolve(name))) {
            return;
        }
        try {
            run(name, "kill -9 $(ip netns pids NAME) || true; ip link del LINK || true; ip netns del NAME");
        } catch (IOException e) {
            System.out.println("chaos: " + name + " is left behind: " + e.getMessage());
        }
    }

    private static void removeThoseOfTheDead() throws IOException {
        if (!Files.isDirectory(NAMESPACES)) {
            return;
        }
        try (Stream<Path> names = Files.list(NAMESPACES)) {
            names.map(path -> path.getFileName().toString())
                    .filter(name -> name.startsWith(PREFIX))
                    .filter(name -> ProcessHandle.of(Long.parseLong(name.split("-", -1)[2]))
                            .isEmpty())
                    .forEach(Links::remove);
        }
    }
}
