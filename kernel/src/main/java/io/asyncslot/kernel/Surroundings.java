package io.asyncslot.kernel;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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

    /**
     * Loads the smallest possible set of maps and the programs, and lets go of them; by a token of the pin path's file system where
     * that gives one.
     */
    void tryLoad(ProgramVariant variant, @Nullable Path pinPath);

    /** Makes a BPF token of the BPF file system that a pin path is in, or of the usual one, and lets go of it. */
    void tryToken(@Nullable Path pinPath);

    /** What libbpf said while the last load was tried. */
    List<String> log();
}
