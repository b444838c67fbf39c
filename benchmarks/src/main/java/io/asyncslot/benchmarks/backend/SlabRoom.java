package io.asyncslot.benchmarks.backend;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the kernel keep room for timers. Kernels from 6.18 on take the memory of a fresh timer only from slabs that have
 * room, as long as the pages of the machine are not all initialised; pipes come from slabs of the same size, and closing
 * most of them leaves room behind. Elsewhere it does no harm.
 */
final class SlabRoom {

    private static final int PIPES = 6_000;
    private static final int KEPT = 20;

    /** Every {@link #KEPT}th pipe, so that each slab stays. */
    private static final List<Pipe> KEEPERS = new ArrayList<>();

    private SlabRoom() {}

    static synchronized void make() {
        if (!KEEPERS.isEmpty()) {
            return;
        }
        List<Pipe> pipes = new ArrayList<>();
        try {
            for (int i = 0; i < PIPES; i++) {
                pipes.add(Pipe.open());
            }
        } catch (IOException e) {
            System.out.println("room for timers was made with " + pipes.size() + " pipes only: " + e.getMessage());
        }
        for (int i = 0; i < pipes.size(); i++) {
            if (i % KEPT == 0) {
                KEEPERS.add(pipes.get(i));
            } else {
                close(pipes.get(i));
            }
        }
    }

    private static void close(Pipe pipe) {
        try {
            pipe.source().close();
            pipe.sink().close();
        } catch (IOException e) {
            throw new IllegalStateException("a pipe cannot be closed", e);
        }
    }
}
