package io.asyncslot.race;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotValues;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.fixture.Race;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values against runs that fail and are delivered again, while others take: a ledger that must balance. */
class ValueRaceTests {

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyValue_isCompletedOrTakenOnce_whateverIsDeliveredAgain(boolean contexts) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(2);
        AsyncSlotRegistryBuilder builder = new AsyncSlotRegistryBuilder(executor);
        if (contexts) {
            builder.armingContext(Thread::currentThread);
        }
        AsyncSlotRegistry registry = builder.build();
        Queue<Integer> completed = new ConcurrentLinkedQueue<>();
        AtomicInteger retried = new AtomicInteger();
        AtomicInteger passedOn = new AtomicInteger();
        registry.register(WorkMapSpec.named("w", String.class)
                .collecting(SlotValues.collect(Integer.class), (key, values, firing) -> {
                    if (firing.attempt() == 1 && firing.generation() % 3 != 0) {
                        linger(firing);
                        (deliveredAgain(firing) ? retried : passedOn).incrementAndGet();
                    } else {
                        completed.addAll(values);
                    }
                })
                .build());
        registry.start();
        ValueWorkSlots<String, Integer> map = registry.works("w", String.class, Integer.class);
        List<Integer> taken = new ArrayList<>();
        AtomicInteger takes = new AtomicInteger();
        int accepted = 0;
        try (Race race = new Race()) {
            for (int round = 0; round < 20_000 && race.goesOn(round, 5_000, retried, passedOn, takes); round++) {
                int first = accepted;
                accepted += 8;
                race.run(
                        () -> {
                            for (int i = first; i < first + 8; i++) {
                                map.submit("key", i);
                            }
                        },
                        () -> {
                            for (int i = 0; i < 3; i++) {
                                taken.addAll(map.takeAll("key"));
                            }
                        });
                takes.set(taken.size());
            }
        }
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (map.find("key").isPresent() && System.nanoTime() - until < 0) {
            Thread.sleep(1);
        }
        assertThat(registry.stop(Duration.ofSeconds(30))).isTrue();
        List<Integer> booked = new ArrayList<>(taken);
        booked.addAll(completed);
        assertThat(booked)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, accepted).boxed().toList());
        assertThat(map.stats().references()).isZero();
        registry.close();
        executor.shutdown();
        assumeThat(retried.get()).as("firings delivered again").isPositive();
        assumeThat(passedOn.get()).as("firings that something superseded").isPositive();
        assumeThat(taken.size()).as("values taken").isPositive();
        assumeThat(completed.size()).as("values completed").isPositive();
    }

    /** Lets submits in while the run goes on, for some firings. */
    private static void linger(SlotFiring firing) {
        for (long i = firing.generation() % 64 * 100; i > 0; i--) {
            Thread.onSpinWait();
        }
    }

    /** Whether the firing comes again as it is; else what superseded it has its values. */
    private static boolean deliveredAgain(SlotFiring firing) {
        return switch (firing.retry(Duration.ZERO)) {
            case SCHEDULED -> true;
            case SUPERSEDED -> false;
            case WITHDRAWN, FREED -> throw new AssertionError("nobody cancels or deletes: " + firing);
        };
    }
}
