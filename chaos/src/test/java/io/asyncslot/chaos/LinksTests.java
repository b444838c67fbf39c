package io.asyncslot.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each cut takes what it says, and only of its node. Nothing is left in the end. Skipped where there can be no links. */
@Timeout(120)
class LinksTests {

    private static final int NODES = 2;
    private static final int WAIT_MILLIS = 500;

    private final List<Peer> peers = new ArrayList<>();
    private Links links;

    @BeforeEach
    void make() throws Exception {
        String reason = "";
        try {
            links = new Links(NODES);
        } catch (IOException e) {
            reason = e.getMessage();
        }
        assumeThat(reason).as("why there can be no links").isEmpty();
        for (int i = 0; i < NODES; i++) {
            peers.add(new Peer(links, i));
        }
    }

    @AfterEach
    void end() {
        if (links != null) {
            links.close();
        }
        peers.forEach(peer -> peer.socket.close());
    }

    @ParameterizedTest
    @EnumSource
    void cut_takesItsDirectionsOfItsNodeUntilItIsMended(Links.Cut cut) throws Exception {
        Peer node = peers.get(0);
        Peer other = peers.get(1);
        node.awaitPath();
        other.awaitPath();
        links.cut(0, cut);
        arrives(cut == Links.Cut.FROM_NODE, node::hears, "to the node");
        arrives(cut == Links.Cut.TO_NODE, node::tells, "from the node");
        other.awaitPath();
        links.mend(0, cut);
        node.awaitPath();
    }

    @Test
    void close_removesThemWithWhatRunsInThem() throws Exception {
        links.close();
        for (Peer peer : peers) {
            peer.process.waitFor();
        }
        String self = Long.toString(ProcessHandle.current().pid());
        assertThat(NetworkInterface.networkInterfaces().map(NetworkInterface::getName))
                .noneMatch(name -> name.startsWith("as" + self));
        assertThat(Path.of("/run/netns").toFile().list()).noneMatch(name -> name.contains("-" + self + "-"));
    }

    /** Tells words until one arrives that is to arrive; one that is not to is waited for a while. */
    private static void arrives(boolean expected, Callable<Boolean> word, String way) throws Exception {
        boolean arrived;
        do {
            arrived = word.call();
        } while (expected && !arrived);
        assertThat(arrived).as(way).isEqualTo(expected);
    }

    /** A process at the end of a link, and the socket at this end. */
    private static final class Peer {

        private final Process process;
        private final BufferedReader heard;
        private final DatagramSocket socket;
        private final DatagramPacket packet = new DatagramPacket(new byte[100], 100);
        private int number;

        Peer(Links links, int node) throws Exception {
            socket = new DatagramSocket(0, InetAddress.getByName(links.host(node)));
            socket.setSoTimeout(WAIT_MILLIS);
            List<String> command = new ArrayList<>(links.command(node));
            command.addAll(List.of(
                    NodeProcess.java(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    Teller.class.getName(),
                    links.host(node),
                    Integer.toString(socket.getLocalPort())));
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            heard = process.inputReader(UTF_8);
        }

        /** Both ways. */
        void awaitPath() throws Exception {
            arrives(true, this::tells, "from the node");
            arrives(true, this::hears, "to the node");
        }

        /** Whether a word of the node arrives here. */
        boolean tells() throws IOException {
            String word = "word" + ++number;
            process.getOutputStream().write((word + "\n").getBytes(UTF_8));
            process.getOutputStream().flush();
            try {
                do {
                    packet.setLength(100);
                    socket.receive(packet);
                } while (!new String(packet.getData(), 0, packet.getLength(), UTF_8).equals(word));
                return true;
            } catch (SocketTimeoutException e) {
                return false;
            }
        }

        /** Whether a word from here arrives at the node. */
        boolean hears() throws Exception {
            String word = "word" + ++number;
            socket.send(new DatagramPacket(word.getBytes(UTF_8), word.length(), packet.getSocketAddress()));
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS);
            while (System.nanoTime() - end < 0) {
                if (!heard.ready()) {
                    Thread.sleep(5);
                } else if (heard.readLine().equals(word)) {
                    return true;
                }
            }
            return false;
        }
    }

    /** Sends each line of its standard input, and prints what it gets. */
    static final class Teller {

        private Teller() {}

        public static void main(String[] arguments) throws Exception {
            DatagramSocket socket = new DatagramSocket();
            Thread listener = new Thread(() -> {
                try {
                    for (; ; ) {
                        DatagramPacket packet = new DatagramPacket(new byte[100], 100);
                        socket.receive(packet);
                        System.out.println(new String(packet.getData(), 0, packet.getLength(), UTF_8));
                    }
                } catch (IOException e) {
                    // it has ended
                }
            });
            listener.setDaemon(true);
            listener.start();
            BufferedReader words = new BufferedReader(new InputStreamReader(System.in, UTF_8));
            for (String word = words.readLine(); word != null; word = words.readLine()) {
                try {
                    socket.send(new DatagramPacket(
                            word.getBytes(UTF_8),
                            word.length(),
                            InetAddress.getByName(arguments[0]),
                            Integer.parseInt(arguments[1])));
                } catch (IOException e) {
                    // the network is unreachable
                }
            }
        }
    }
}
