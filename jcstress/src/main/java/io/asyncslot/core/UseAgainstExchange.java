package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.asyncslot.SlotCallback;
import io.asyncslot.backend.Binding;
import io.asyncslot.backend.InstalledBinding;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LI_Result;

/** A run that takes the callback into use, and an exchange: what is in use is not released. Its twins are mutants. */
public final class UseAgainstExchange {

    private UseAgainstExchange() {}

    /** The real place of a binding. */
    @JCStressTest
    @Outcome(id = "in use, 1", expect = ACCEPTABLE, desc = "Released after the use.")
    @Outcome(id = "exchanged, 1", expect = ACCEPTABLE, desc = "Another one was there.")
    @Outcome(expect = FORBIDDEN, desc = "Used once it was released, or released twice.")
    @State
    public static class Real {
        private static final SlotCallback<String> OLD = (key, firing) -> {};

        private final InstalledBinding<String> binding = new InstalledBinding<>((key, firing) -> {});
        private final AtomicInteger released = new AtomicInteger();

        public Real() {
            binding.exchange(OLD, released::incrementAndGet);
        }

        @Actor
        public void run(LI_Result r) {
            @Nullable Binding<String> inUse = binding.use();
            if (inUse == null) {
                r.r1 = "closed";
                return;
            }
            boolean old = inUse.callback() == OLD;
            r.r1 = !old ? "exchanged" : released.get() == 0 ? "in use" : "released";
            inUse.release();
        }

        @Actor
        public void exchange() {
            binding.exchange((key, firing) -> {}, () -> {});
        }

        @Arbiter
        public void inTheEnd(LI_Result r) {
            r.r2 = released.get();
        }
    }
}
