package io.asyncslot.kernel;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What a probe looks at. Calls throw {@link KernelException} for what the system refuses. */
interface Surroundings {

    /** A Java system property, or an empty text. */
    String property(String name);

    boolean littleEndian();

    /** The text of a file, stripped; empty if it cannot be read. */
    Optional<String> read(String file);

    /** Whether a file is there and can be read, without reading it. */
    boolean isReadable(String file);

    /** Whether a path is in a BPF file system. */
    boolean isBpffs(Path path);

    /** What is pinned there, without locking it: for a path that is not there, nothing. Refused where one may not look. */
    Pins.Contents pinned(Path path);

    /** Locks, opens and closes again what is pinned there. */
    void tryPins(Path path);

    /** The version of libbpf. */
    String libbpf();

    KernelTypes kernelTypes();

    /** Loads the smallest possible set of maps and the programs, and lets go of them. */
    void tryLoad(ProgramVariant variant);

    /** What libbpf said while the last load was tried. */
    List<String> log();
}
