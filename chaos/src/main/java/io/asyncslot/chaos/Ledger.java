package io.asyncslot.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * One process's part of the ledger: a file, to which a line is written before and after each operation and each run. What is
 * written survives a kill. Each line begins with the monotonic clock, which all processes of a machine share. Thread-safe.
 *
 * <pre>
 * B key delay           a start is about to be asked for, delay in milliseconds
 * S key outcome         its outcome
 * c key, C key outcome  the same for a cancel
 * d key, D key outcome  the same for a delete: whether it prevented a run
 * U key                 the operation threw: nobody knows
 * F key generation attempt lateness run   a callback begins, lateness in nanoseconds
 * R key generation attempt run            it ends
 * A key generation      the backend told the listener that it has ended
 * P key                 the slot was pending when its registry was closed, which on jvm ends it
 * X kind begin          a fault is over that began then
 * </pre>
 */
final class Ledger implements AutoCloseable {

    private final FileChannel file;

    Ledger(Path path) throws IOException {
        file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    }

    /** Writes a line, whole or not at all. Tries again while the heap is full: what has happened must be told. */
    void line(char kind, String key, long first, long second, long third, long fourth) {
        long now = System.nanoTime();
        for (; ; ) {
            try {
                write(now + " " + kind + " " + key + " " + first + " " + second + " " + third + " " + fourth + "\n");
                return;
            } catch (OutOfMemoryError e) {
                Thread.onSpinWait();
            }
        }
    }

    /** Writes a line with one word after the key, as {@link #line}. */
    void word(char kind, String key, String word) {
        long now = System.nanoTime();
        for (; ; ) {
            try {
                write(now + " " + kind + " " + key + " " + word + "\n");
                return;
            } catch (OutOfMemoryError e) {
                Thread.onSpinWait();
            }
        }
    }

    private synchronized void write(String line) {
        try {
            file.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
