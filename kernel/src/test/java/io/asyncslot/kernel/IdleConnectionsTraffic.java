package io.asyncslot.kernel;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/** The server and the clients of {@link IdleConnections}: each a process, which is told by lines what to do, and ends with them. */
final class IdleConnectionsTraffic {

    private IdleConnectionsTraffic() {}

    public static void main(String[] arguments) throws Exception {
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        if (arguments[0].equals("server")) {
            serve(orders);
        } else {
            send(
                    orders,
                    Integer.parseInt(arguments[1]),
                    Integer.parseInt(arguments[2]),
                    Integer.parseInt(arguments[3]));
        }
        System.exit(0);
    }

    /**
     * How long the server lets packets gather after each read, as a network card does: a reader that wakes for each byte
     * would leave the senders no CPU.
     */
    private static final long GATHER_NANOS = 200_000;

    /** Reads what comes and drops it; closes the connection of a client's port when it is told. */
    private static void serve(BufferedReader orders) throws IOException {
        Map<Integer, Socket> open = new ConcurrentHashMap<>();
        try (ServerSocket server = new ServerSocket(0, 256, InetAddress.getLoopbackAddress())) {
            System.out.println("port " + server.getLocalPort());
            Thread.ofPlatform().daemon().start(() -> accept(server, open));
            for (String line = orders.readLine(); line != null; line = orders.readLine()) {
                open.get(Integer.valueOf(line.substring("close ".length()))).close();
            }
        }
    }

    private static void accept(ServerSocket server, Map<Integer, Socket> open) {
        try {
            while (true) {
                Socket accepted = server.accept();
                open.put(accepted.getPort(), accepted);
                System.out.println("open " + accepted.getPort());
                Thread.ofPlatform().daemon().start(() -> drain(accepted));
            }
        } catch (IOException e) {
            // closed: the process ends
        }
    }

    private static void drain(Socket socket) {
        byte[] room = new byte[65_536];
        try {
            while (socket.getInputStream().read(room) >= 0) {
                LockSupport.parkNanos(GATHER_NANOS);
            }
        } catch (IOException e) {
            // closed, which is the point
        }
    }

    /** Connects, and sends on the first connections as fast as it goes, a packet a byte, for as long as it is told. */
    private static void send(BufferedReader orders, int port, int connections, int busy) throws Exception {
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            sockets.add(socket);
        }
        System.out.println("ready");
        boolean first = true;
        for (String line = orders.readLine(); line != null; line = orders.readLine()) {
            long until = System.nanoTime() + Long.parseLong(line.substring("go ".length()));
            boolean reported = !first;
            List<Thread> senders = new ArrayList<>();
            for (Socket socket : sockets.subList(0, busy)) {
                senders.add(Thread.ofPlatform().start(() -> send(socket, until, reported)));
            }
            for (Thread sender : senders) {
                sender.join();
            }
            System.out.println("done");
            first = false;
        }
    }

    private static void send(Socket socket, long until, boolean reported) {
        long last = System.nanoTime();
        long longest = 0;
        try {
            while (true) {
                long now = System.nanoTime();
                if (now - until >= 0) {
                    break;
                }
                longest = Math.max(longest, now - last);
                last = now;
                socket.getOutputStream().write(1);
            }
        } catch (IOException e) {
            // closed by the server: the reading before that was the last
        }
        if (reported) {
            System.out.println("sent " + socket.getLocalPort() + " " + last + " " + longest);
        }
    }

    /** Such a process, for the one that started it. */
    static final class Child implements AutoCloseable {

        private final Process process;
        private final BufferedReader said;
        private final PrintStream orders;

        private Child(String... arguments) throws IOException {
            List<String> command = new ArrayList<>(List.of(
                    ProcessHandle.current().info().command().orElse("java"),
                    "-XX:+UseSerialGC",
                    "-Xmx64m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    IdleConnectionsTraffic.class.getName()));
            command.addAll(List.of(arguments));
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            said = process.inputReader(StandardCharsets.UTF_8);
            orders = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        }

        static Child server() throws IOException {
            return new Child("server");
        }

        static Child clients(String port, int connections, int busy) throws IOException {
            return new Child("clients", port, Integer.toString(connections), Integer.toString(busy));
        }

        void say(String order) {
            orders.println(order);
        }

        /** What follows a word in the next line, which has to begin with it. */
        String next(String word) throws IOException {
            String line = said.readLine();
            if (line == null || !line.startsWith(word)) {
                throw new IOException("expected '" + word + "', but it said " + line);
            }
            return line.substring(word.length()).strip();
        }

        @Override
        public void close() {
            orders.close(); // it ends with its orders
            try {
                process.waitFor();
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }
}
