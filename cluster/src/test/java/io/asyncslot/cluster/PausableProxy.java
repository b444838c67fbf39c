package io.asyncslot.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A network between a node and its database that can stand still: nothing arrives, and nobody is told. Thread-safe. */
final class PausableProxy implements AutoCloseable {

    private final ServerSocket server;
    private final int target;
    private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition moved = lock.newCondition();

    /** Guarded by {@link #lock}. */
    private boolean paused;

    /**
     * Listens on this machine, on a port of its own.
     *
     * @param target the port, also on this machine, to which everything goes on
     */
    PausableProxy(int target) throws IOException {
        this.target = target;
        this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    void paused(boolean value) {
        lock.lock();
        try {
            paused = value;
            moved.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void accept() throws IOException {
        while (true) {
            Socket from = server.accept();
            Socket to = new Socket(InetAddress.getLoopbackAddress(), target);
            sockets.add(from);
            sockets.add(to);
            daemon(() -> forward(from, to));
            daemon(() -> forward(to, from));
        }
    }

    private void forward(Socket from, Socket to) throws IOException {
        byte[] buffer = new byte[8_192];
        try (InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                awaitMoving();
                out.write(buffer, 0, length);
            }
        }
    }

    private void awaitMoving() {
        lock.lock();
        try {
            while (paused) {
                moved.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** What a thread of the network does until a socket is closed. */
    private interface Work {
        void run() throws IOException;
    }

    private static void daemon(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        // closed: by either end, or with the network
                    }
                },
                "network");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        paused(false);
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
