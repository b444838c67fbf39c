package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.asyncslot.backend.Binding;
import io.asyncslot.backend.InstalledBinding;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Two exchanges of a callback, and then a close: each owner is released once. Its twins are mutants. */
public final class TwoExchanges {

    private TwoExchanges() {}

    /** The real place of a binding. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Each once.")
    @Outcome(expect = FORBIDDEN, desc = "Released twice, or never.")
    @State
    public static class Real {
        private final InstalledBinding<String> binding = new InstalledBinding<>((key, firing) -> {});
        private final AtomicInteger first = new AtomicInteger();
        private final AtomicInteger second = new AtomicInteger();

        @Actor
        public void one() {
            binding.exchange((key, firing) -> {}, first::incrementAndGet);
        }

        @Actor
        public void other() {
            binding.exchange((key, firing) -> {}, second::incrementAndGet);
        }

        @Arbiter
        public void inTheEnd(II_Result r) {
            @Nullable Binding<String> last = binding.take();
            if (last != null) {
                last.release();
            }
            r.r1 = first.get();
            r.r2 = second.get();
        }
    }
}
