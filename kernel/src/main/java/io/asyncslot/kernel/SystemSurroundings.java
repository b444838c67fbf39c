package io.asyncslot.kernel;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** This machine and this process. */
final class SystemSurroundings implements Surroundings {

    @Override
    public String property(String name) {
        return System.getProperty(name, "");
    }

    @Override
    public boolean littleEndian() {
        return ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    }

    @Override
    public Optional<String> read(String file) {
        try {
            return Optional.of(Files.readString(Path.of(file)).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public boolean isReadable(String file) {
        return Files.isReadable(Path.of(file));
    }

    @Override
    public boolean isBpffs(Path path) {
        return KernelMounts.isBpffs(path);
    }

    @Override
    public Pins.Contents pinned(Path path) {
        if (Files.isDirectory(path) && !(Files.isReadable(path) && Files.isExecutable(path))) {
            throw new KernelException("open " + path, Errno.EACCES.number());
        }
        return Pins.contents(path);
    }

    @Override
    public void tryPins(Path path) {
        try (Pins pins = Pins.lock(path)) {
            pins.open(Libbpf.get()).close();
        }
    }

    @Override
    public String libbpf() {
        return Libbpf.get().version();
    }

    @Override
    public KernelTypes kernelTypes() {
        return Libbpf.get().kernelTypes();
    }

    @Override
    public void tryLoad(ProgramVariant variant, @Nullable Path pinPath) {
        KernelObjects.load(Libbpf.get(), variant, new KernelSettings(1, 8, 65_536, pinPath, "probe"))
                .close();
    }

    @Override
    public void tryToken(@Nullable Path pinPath) {
        SystemCalls.close(Libbpf.get().token(KernelMounts.root(pinPath)));
    }

    @Override
    public List<String> log() {
        return LibbpfLog.lines();
    }
}
