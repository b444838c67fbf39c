package io.asyncslot.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;

/**
 * Room for timers where the kernel cannot grow a slab within bpf_timer_init: attributes of a file in tmpfs are of the same size
 * class. Most of them are taken away again, and the others keep the pages.
 */
final class SlabRoom implements AutoCloseable {

    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final int VALUE_BYTES = 140;
    private static final int KEPT = 10;
    private static final int OF_A_FILE = 50_000;

    private final Path directory;

    private SlabRoom(Path directory) {
        this.directory = directory;
    }

    /** Makes room for so many timers, and for some more. */
    static SlabRoom make(int timers) throws IOException {
        SlabRoom room = new SlabRoom(Files.createTempDirectory(SHARED_MEMORY, "asyncslot-storm"));
        try {
            int wanted = timers + timers / 4;
            for (int from = 0; from < wanted; from += OF_A_FILE) {
                UserDefinedFileAttributeView attributes = room.file(from);
                for (int i = from; i < Math.min(wanted, from + OF_A_FILE); i++) {
                    attributes.write("a" + i, ByteBuffer.allocate(VALUE_BYTES));
                }
            }
            for (int from = 0; from < wanted; from += OF_A_FILE) {
                UserDefinedFileAttributeView attributes = room.file(from);
                for (int i = from; i < Math.min(wanted, from + OF_A_FILE); i++) {
                    if (i % KEPT != 0) {
                        attributes.delete("a" + i);
                    }
                }
            }
            return room;
        } catch (IOException | RuntimeException e) {
            room.close();
            throw e;
        }
    }

    private UserDefinedFileAttributeView file(int number) throws IOException {
        Path file = directory.resolve(Integer.toString(number));
        if (!Files.exists(file)) {
            Files.createFile(file);
        }
        return Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
    }

    @Override
    public void close() throws IOException {
        try (var files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }
}
