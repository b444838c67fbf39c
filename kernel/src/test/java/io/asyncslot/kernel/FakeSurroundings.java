package io.asyncslot.kernel;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A machine on which everything works, until a test breaks something. */
final class FakeSurroundings implements Surroundings {

    static final String ALL_CAPABILITIES = "000001ffffffffff";

    final Map<String, String> properties =
            new HashMap<>(Map.of("os.name", "Linux", "os.arch", "amd64", "sun.arch.data.model", "64"));
    final Map<String, String> files = new HashMap<>(Map.of(
            "/proc/sys/kernel/osrelease", "6.18.44",
            "/proc/sys/kernel/unprivileged_bpf_disabled", "2",
            "/sys/kernel/btf/vmlinux", "",
            "/proc/self/status", status(ALL_CAPABILITIES, 0)));
    boolean littleEndian = true;
    boolean bpffs = true;
    Pins.Contents pinned = Pins.Contents.NONE;
    KernelTypes types = new KernelTypes(true, true, false, true, false, true);

    @Nullable
    RuntimeException library;

    @Nullable
    KernelException pinsFailure;

    @Nullable
    KernelException loadFailure;

    @Nullable
    KernelException tokenFailure = new KernelException("bpf_token_create", Errno.EOPNOTSUPP.number());

    int loads;

    static String status(String capabilities, int seccomp) {
        return "Name:\tjava\nCapEff:\t" + capabilities + "\nSeccomp:\t" + seccomp;
    }

    @Override
    public String property(String name) {
        return properties.getOrDefault(name, "");
    }

    @Override
    public boolean littleEndian() {
        return littleEndian;
    }

    @Override
    public Optional<String> read(String file) {
        return Optional.ofNullable(files.get(file));
    }

    @Override
    public boolean isReadable(String file) {
        return files.containsKey(file);
    }

    @Override
    public boolean isBpffs(Path path) {
        return bpffs;
    }

    @Override
    public Pins.Contents pinned(Path path) {
        return pinned;
    }

    @Override
    public void tryPins(Path path) {
        if (pinsFailure != null) {
            throw pinsFailure;
        }
    }

    @Override
    public String libbpf() {
        if (library != null) {
            throw library;
        }
        return "1.1";
    }

    @Override
    public KernelTypes kernelTypes() {
        return types;
    }

    @Override
    public void tryLoad(ProgramVariant variant, @Nullable Path pinPath) {
        loads++;
        if (loadFailure != null) {
            throw loadFailure;
        }
    }

    @Override
    public void tryToken(@Nullable Path pinPath) {
        if (tokenFailure != null) {
            throw tokenFailure;
        }
    }

    @Override
    public List<String> log() {
        return List.of("libbpf: what it said");
    }
}
