package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.test.ManualTicker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** One process on a {@link FuzzKernel}, with a map of texts and one of numbers. Driven by one thread. */
final class FuzzApplication implements AutoCloseable {

    private static final long STEP_NANOS = 1_000_000_000;

    final KernelBackend backend;
    final TimerSlots<String> texts;
    final TimerSlots<Long> numbers;
    final List<SlotFiring> fired = new ArrayList<>();

    private final ManualTicker ticker;
    private final AsyncSlotRegistry registry;
    private final Deque<Runnable> tasks = new ArrayDeque<>();

    FuzzApplication(FuzzKernel kernel, ManualTicker ticker) {
        this.ticker = ticker;
        backend = KernelBackend.manual(kernel.attach(), KernelOptions.defaults());
        registry = new AsyncSlotRegistryBuilder(tasks::add)
                .backend(backend)
                .ticker(ticker)
                .build();
        texts = registry.register(
                TimerMapSpec.named("texts", String.class).callback(callback()).build());
        numbers = registry.register(
                TimerMapSpec.named("numbers", Long.class).callback(callback()).build());
        registry.start();
    }

    private SlotCallback<Object> callback() {
        return (key, firing) -> {
            assertThat(firing.lateness()).as("early: %s", firing).isGreaterThanOrEqualTo(Duration.ZERO);
            fired.add(firing);
        };
    }

    void settle() {
        for (boolean again = true; again; ) {
            backend.pump();
            again = false;
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                task.run();
                again = true;
            }
        }
    }

    /** Lets seconds pass. */
    void pass(int seconds) {
        settle();
        for (int i = 0; i < seconds; i++) {
            ticker.advance(Duration.ofNanos(STEP_NANOS));
            settle();
        }
    }

    /** Each firing as text. */
    Set<String> firings() {
        Set<String> firings = new HashSet<>();
        fired.forEach(each -> assertThat(firings.add(each.key() + "/" + each.generation()))
                .as("fired twice: %s", each)
                .isTrue());
        return firings;
    }

    /** All that an operator asks. Answers how many records are damaged. */
    int look() {
        List<Object> seen = new ArrayList<>(backend.report().reasons());
        for (SlotMap<?> map : List.of(texts, numbers)) {
            seen.add(map.stats());
            map.scan(100, slot -> true, slot -> seen.add(slot.toString()));
        }
        assertThat(seen).isNotEmpty();
        return (int) backend.report().details().get("recordsDamaged");
    }

    @Override
    public void close() {
        registry.close();
    }
}
