package io.asyncslot.kernel.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/**
 * Says to a native image which resources the kernel backend reads: the BPF objects that it loads, and what they were built
 * from. The downcalls into libbpf need foreign-function metadata of the image builder's own, which Spring cannot write.
 */
final class KernelRuntimeHints implements RuntimeHintsRegistrar {

    @Override
    public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
        hints.resources().registerPattern("io/asyncslot/kernel/*.bpf.*");
    }
}
