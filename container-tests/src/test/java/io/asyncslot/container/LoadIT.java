package io.asyncslot.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Many slots at once, and many requests at once: nothing is lost, nothing happens twice. */
@ContainerTest
class LoadIT {

    private static final int MANY = 1_000;
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private static final int THREADS = 4;
    private static final int REQUESTS = 500;
    private static final int KEYS = 24;

    private static ShopContainer container;
    private static Shop shop;

    @BeforeAll
    static void start() {
        container = ShopContainer.shop("load", "asyncslot.backend=kernel").privileged();
        container.start();
        shop = container.customer();
    }

    @AfterAll
    static void stop() {
        if (container != null) {
            container.stop();
        }
    }

    @Test
    void aThousandSlotsAreInTheKernelOrFallBackAndAllFireOnce() throws InterruptedException {
        shop.start("first", Duration.ofHours(1));
        KernelWitness kernel = KernelWitness.ofProgram(container, program(shop, "first"));
        assertThat(shop.free("first")).isEqualTo("DELETED_ARMED");
        AtomicReference<String> prefix = new AtomicReference<>("");
        long inTheKernel = InTime.look("the timers of the batch", delay -> {
            prefix.set("many-" + delay.toSeconds() + "-");
            return startMany(kernel, prefix.get(), delay.multipliedBy(4));
        });
        await().atMost(PATIENCE)
                .until(() -> shop.totals(prefix.get()).required("keys").asLong() == MANY);
        await().atMost(PATIENCE).until(LoadIT::rests);
        JsonNode totals = shop.totals(prefix.get());
        assertThat(totals.required("runs").asLong()).isEqualTo(MANY);
        assertThat(totals.required("twice").asLong()).isZero();
        assertThat(totals.required("early").asLong()).isZero();
        long fallbacks = shop.map("drill").required("fallbacks").asLong();
        if (inTheKernel < MANY) {
            assertThat(fallbacks)
                    .as("the others were refused, which is counted")
                    .isPositive();
        }
        assertThat(shop.map("drill").required("dropped").asLong()).isZero();
        Findings.note(
                "%d of %d in the kernel's list of timers at once, %d refusals, all fired once",
                inTheKernel, MANY, fallbacks);
    }

    /** How many of them the kernel's list of timers had at once, as long as that can be seen; empty if it could not. */
    private static Optional<Long> startMany(KernelWitness kernel, String prefix, Duration delay) {
        JsonNode summary = shop.post("/drill?prefix=" + prefix + "&count=" + MANY + "&delay=" + delay);
        assertThat(summary.required("started").asInt()).isEqualTo(MANY);
        long deadline = kernel.control(prefix + "0").orElseThrow().deadlineNanos();
        long most = 0;
        long now;
        do { // what the kernel had no memory for at first comes later
            now = kernel.timersAt(deadline);
            most = Math.max(most, now);
        } while (now > 0 && most < MANY);
        return Optional.of(most).filter(seen -> seen > 0);
    }

    @Test
    void theLedgerIsExactUnderLoad() throws Exception {
        JsonNode before = shop.map("drill");
        long ranBefore = shop.totals("").required("runs").asLong();
        Map<String, LongAdder> outcomes = new ConcurrentHashMap<>();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> loads = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                Random random = new Random(thread);
                loads.add(threads.submit(() -> load(random, outcomes)));
            }
            for (Future<?> load : loads) {
                load.get();
            }
        } finally {
            threads.shutdownNow();
        }
        await().atMost(PATIENCE).until(LoadIT::rests);
        JsonNode after = shop.map("drill");
        for (String counter : List.of("fired", "cancelled", "deletedArmed", "rearmed", "moved")) {
            assertThat(grown(before, after, counter))
                    .as(counter + " was reached")
                    .isPositive();
        }
        assertThat(grown(before, after, "started"))
                .as("started = fired + cancelled + deletedArmed + skipped + armed")
                .isEqualTo(grown(before, after, "fired")
                        + grown(before, after, "cancelled")
                        + grown(before, after, "deletedArmed")
                        + grown(before, after, "skipped")
                        + grown(before, after, "armed"));
        assertThat(grown(before, after, "started")).isEqualTo(count(outcomes, "start STARTED"));
        assertThat(grown(before, after, "rearmed")).isEqualTo(count(outcomes, "start REARMED"));
        assertThat(grown(before, after, "moved")).isEqualTo(count(outcomes, "touch MOVED"));
        assertThat(grown(before, after, "cancelled")).isEqualTo(count(outcomes, "cancel CANCELLED"));
        assertThat(grown(before, after, "deleted"))
                .isEqualTo(count(outcomes, "delete DELETED")
                        + count(outcomes, "delete DELETED_ARMED")
                        + count(outcomes, "delete DELETED_WHILE_RUNNING"));
        assertThat(shop.totals("").required("runs").asLong() - ranBefore)
                .as("callbacks that ran")
                .isEqualTo(grown(before, after, "fired"));
        assertThat(shop.totals("load-").required("early").asLong()).isZero();
        assertThat(after.required("failed").asLong()).isZero();
        assertThat(after.required("dropped").asLong()).isZero();
        assertThat(after.required("references").asLong())
                .as("one reference for each slot that is left")
                .isEqualTo(after.required("slots").asLong());
        Findings.note(
                "%d requests of %d threads: started %d = fired %d + cancelled %d + deletedArmed %d",
                THREADS * REQUESTS,
                THREADS,
                grown(before, after, "started"),
                grown(before, after, "fired"),
                grown(before, after, "cancelled"),
                grown(before, after, "deletedArmed"));
    }

    private static void load(Random random, Map<String, LongAdder> outcomes) {
        for (int request = 0; request < REQUESTS; request++) {
            String key = "load-" + random.nextInt(KEYS);
            Duration delay = Duration.ofMillis(random.nextInt(120));
            String outcome = switch (random.nextInt(8)) {
                case 0 -> "cancel " + shop.cancel(key);
                case 1 -> "delete " + shop.free(key);
                case 2 -> "touch " + shop.touch(key, delay);
                default -> "start " + shop.start(key, delay);
            };
            outcomes.computeIfAbsent(outcome, name -> new LongAdder()).increment();
        }
    }

    /** The program that Actuator names for a slot that the kernel takes, at once or when it has memory again. */
    static long program(Shop shop, String key) {
        return await().atMost(PATIENCE)
                .until(
                        () -> shop.slot("drill", key)
                                .required("measure")
                                .path("program")
                                .asLong(0),
                        program -> program != 0);
    }

    private static boolean rests() {
        JsonNode stats = shop.map("drill");
        return stats.required("armed").asLong()
                        + stats.required("running").asLong()
                        + stats.required("queued").asLong()
                == 0;
    }

    private static long grown(JsonNode before, JsonNode after, String counter) {
        return after.required(counter).asLong() - before.required(counter).asLong();
    }

    private static long count(Map<String, LongAdder> outcomes, String outcome) {
        LongAdder count = outcomes.get(outcome);
        return count == null ? 0 : count.sum();
    }
}
