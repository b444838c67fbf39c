package io.asyncslot.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The objects that the jar carries, made of one source. */
enum ProgramVariant {
    /** For kernels with bpf_timer_cancel_async and bpf_wq_set_callback. */
    SINCE_7_0("asyncslot.bpf.o"),
    /** For kernels with bpf_wq_set_callback_impl. */
    BEFORE_7_0("asyncslot-before-7.0.bpf.o");

    private final String resource;

    ProgramVariant(String resource) {
        this.resource = resource;
    }

    String resource() {
        return resource;
    }

    boolean cancelAsync() {
        return this == SINCE_7_0;
    }

    byte[] bytes() {
        try (InputStream in = ProgramVariant.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("the jar lacks " + resource);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The variant whose object has this name, or the older one, which can do less. */
    static ProgramVariant named(String resource) {
        return SINCE_7_0.resource.equals(resource) ? SINCE_7_0 : BEFORE_7_0;
    }
}
