package io.asyncslot.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.container.KernelWitness.Control;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The shop in a privileged container: its slots are timers and work items of the running kernel. */
@ContainerTest
class KernelSlotsIT {

    private static final Duration FAR = Duration.ofHours(1);
    private static final Duration APART = Duration.ofHours(5);
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private static ShopContainer container;
    private static Shop shop;
    private static KernelWitness kernel;
    private static long program;

    @BeforeAll
    static void start() {
        container =
                ShopContainer.shop("kernel-slots", "asyncslot.backend=kernel").privileged();
        container.start();
        shop = container.customer();
        shop.start("first", FAR);
        program = LoadIT.program(shop, "first");
        kernel = KernelWitness.ofProgram(container, program);
    }

    @AfterAll
    static void stop() {
        if (container != null) {
            container.stop();
        }
    }

    @Test
    void theProgramAndItsMapsAreInTheKernel() {
        JsonNode shown = KernelWitness.program(container, program);
        assertThat(shown.required("name").asString()).isEqualTo("asyncslot_run");
        assertThat(shown.required("type").asString()).isEqualTo("syscall");
        assertThat(shown.required("gpl_compatible").asBoolean()).isTrue();
        assertThat(kernel.mapNames())
                .contains(
                        "slot_commands",
                        "slot_control",
                        "slot_directory",
                        "slot_events",
                        "slot_header",
                        "slot_keys",
                        "slot_timers");
        assertThat(kernel.map("slot_timers").required("max_entries").asInt()).isEqualTo(2_048);
        assertThat(kernel.map("slot_events").required("type").asString()).isEqualTo("ringbuf");
        JsonNode report = shop.backend("kernel");
        assertThat(report.required("available").asBoolean()).isTrue();
        assertThat(shop.slots().required("backend").required("used").asString()).isEqualTo("kernel");
        JsonNode details = report.required("details");
        Findings.note(
                "kernel %s, libbpf %s, %s, cancelAsync %s, reference counts %s",
                details.required("kernel").asString(),
                details.required("libbpf").asString(),
                details.required("program").asString(),
                details.required("cancelAsync").asString(),
                details.required("referenceCount").asString());
    }

    @Test
    void aTimerSlotIsAKernelTimerAndFiresOnce() {
        Armed seen = startAndSee("fires");
        String key = seen.key();
        Control armed = seen.control();
        assertThat(armed.kind()).isEqualTo(Control.TIMER);

        JsonNode firing = awaitFiring(key);
        assertMeasuredByTheKernel("drill", key);
        assertThat(firing.required("backend").asString()).isEqualTo("kernel");
        assertThat(firing.required("early").asBoolean()).isFalse();
        Control fired = control(key);
        assertThat(fired.armed()).isFalse();
        assertThat(fired.fires()).as("counted by the callback in the kernel").isEqualTo(armed.fires() + 1);
        assertThat(fired.firedAtNanos()).isGreaterThanOrEqualTo(armed.deadlineNanos());
        assertThat(kernel.timersAt(armed.deadlineNanos())).isZero();
        assertThat(shop.slot("drill", key)
                        .required("measure")
                        .required("firings")
                        .asLong())
                .isEqualTo(fired.fires());
        assertThat(shop.firings(key)).hasSize(1);
        Findings.note(
                "in the kernel %d us after the deadline, in the callback %s",
                (fired.firedAtNanos() - armed.deadlineNanos()) / 1_000,
                firing.required("lateness").asString());
    }

    @Test
    void reArmedForSoonerItFiresSooner() {
        shop.start("sooner", FAR);
        Control before = control("sooner");
        assertThat(shop.start("sooner", FAR.dividedBy(2))).isEqualTo("REARMED");
        Control after = control("sooner");
        assertThat(after.deadlineNanos()).isLessThan(before.deadlineNanos());
        assertThat(kernel.timersAt(before.deadlineNanos())).isZero();
        assertInTheKernel("sooner", after);
        assertThat(shop.start("sooner", InTime.SOON)).isEqualTo("REARMED");
        awaitFiring("sooner");
        assertThat(shop.firings("sooner")).hasSize(1);
    }

    @Test
    void reArmedForLaterTheKernelMovesItByItself() {
        Armed before = InTime.look("a touch", delay -> {
            Optional<Armed> seen = see("later", delay);
            return seen.filter(armed -> shop.touch(armed.key(), APART).equals("MOVED"));
        });
        String key = before.key();
        Control moved = control(key);
        assertThat(moved.deadlineNanos()).isGreaterThan(before.control().deadlineNanos());
        // no command was given: the callback in the kernel comes at the old deadline and starts its timer for the time
        // that is
        // left, which ends a little after the deadline: as long as the callback took from one look at the clock to the
        // next
        await().atMost(PATIENCE).until(() -> kernel.timersWithin(moved.deadlineNanos(), Duration.ofMinutes(1)) == 1);
        assertThat(kernel.timersAt(before.control().deadlineNanos())).isZero();
        assertThat(control(key).fires()).isEqualTo(before.control().fires());
        assertThat(shop.firings(key)).isEmpty();
        assertMeasuredByTheKernel("drill", key);
    }

    @Test
    void aCancelledSlotNeverFires() {
        Armed armed = InTime.look(
                "a cancel",
                delay -> see("cancelled", delay)
                        .filter(seen -> shop.cancel(seen.key()).equals("CANCELLED")));
        String key = armed.key();
        assertThat(shop.cancel(key)).isEqualTo("NOT_ARMED");
        assertThat(control(key).armed()).isFalse();
        awaitPassing(armed.control());
        assertThat(control(key).fires()).isEqualTo(armed.control().fires());
        assertThat(shop.firings(key)).isEmpty();
        assertThat(shop.slot("drill", key).required("armed").asBoolean()).isFalse();
    }

    @Test
    void aDeletedSlotLeavesTheKernel() {
        Armed armed = InTime.look(
                "a delete",
                delay -> see("deleted", delay).filter(seen -> {
                    assertThat(shop.free(seen.key())).startsWith("DELETED");
                    return shop.firings(seen.key()).isEmpty();
                }));
        String key = armed.key();
        assertThat(shop.slotStatus("drill", key)).isEqualTo(404);
        awaitPassing(armed.control()); // frees wait for the next command that cannot
        await().atMost(PATIENCE).until(() -> kernel.control(key).isEmpty());
        assertThat(kernel.timersAt(armed.control().deadlineNanos())).isZero();
        assertThat(shop.firings(key)).isEmpty();
    }

    @Test
    void aRunningCallbackIsNeitherCancelledNorOverlapped() {
        shop.start("held-run", Duration.ofMillis(50));
        awaitFiring("held-run");
        assertThat(shop.slot("drill", "held-run").required("running").asBoolean())
                .isTrue();
        assertThat(shop.cancel("held-run")).isEqualTo("RUNNING");
        assertThat(shop.start("held-run", Duration.ofMillis(1))).isEqualTo("STARTED");
        awaitPassing(control("held-run"));
        assertThat(shop.firings("held-run"))
                .as("due again, and waiting for the first run to end")
                .hasSize(1);
        shop.post("/drill/held-run/release");
        await().atMost(PATIENCE).until(() -> shop.firings("held-run").size() == 2);
        assertThat(control("held-run").fires()).isGreaterThanOrEqualTo(2);
    }

    @Test
    void aSlotIsDeletedWhileItsCallbackRuns() {
        shop.start("held-delete", Duration.ofMillis(50));
        awaitFiring("held-delete");
        Control running = control("held-delete");
        assertThat(shop.free("held-delete")).isEqualTo("DELETED_WHILE_RUNNING");
        shop.post("/drill/held-delete/release");
        awaitPassing(running);
        await().atMost(PATIENCE).until(() -> kernel.control("held-delete").isEmpty());
        assertThat(shop.firings("held-delete")).hasSize(1);
    }

    @Test
    void manySubmitsAreFewRunsOfAKernelWorkItem() {
        await().atMost(PATIENCE).until(KernelSlotsIT::indexingRests);
        Control before = control("teapot");
        assertThat(before.kind()).isEqualTo(Control.WORK);
        JsonNode statsBefore = shop.map("reindex");
        int changes = 50;
        for (int cents = 1; cents <= changes; cents++) {
            shop.put("/products/teapot/price", "{\"cents\":" + cents + "}");
        }
        await().atMost(PATIENCE).until(KernelSlotsIT::indexingRests);
        JsonNode stats = shop.map("reindex");
        long runs = count(stats, "fired") - count(statsBefore, "fired");
        assertThat(runs).isBetween(1L, changes - 1L);
        assertThat(count(stats, "coalesced") - count(statsBefore, "coalesced")).isEqualTo(changes - runs);
        assertThat(control("teapot").fires() - before.fires())
                .as("runs counted by the work item in the kernel")
                .isGreaterThanOrEqualTo(runs);
        JsonNode measure = shop.slot("reindex", "teapot").required("measure");
        assertThat(measure.required("by").asString()).isEqualTo("kernel");
        assertThat(measure.required("callbackSet").asBoolean()).isTrue();
        assertThat(measure.required("program").asLong()).isEqualTo(program);
        assertThat(shop.get("/search?q=pot").get(0).required("priceCents").asLong())
                .as("the last price was indexed")
                .isEqualTo(changes);
        Findings.note("%d submits, %d runs", changes, runs);
    }

    @Test
    void anUnpaidOrderGoesThroughTheShop() {
        String cart = shop.post("/carts").required("id").asString();
        shop.post("/carts/" + cart + "/items", "{\"productId\":\"cup\",\"quantity\":1}");
        Control reservation = control(cart);
        assertThat(reservation.kind()).isEqualTo(Control.TIMER);
        String order = shop.post("/orders", "{\"cartId\":\"" + cart + "\"}")
                .required("id")
                .asString();
        assertThat(kernel.control(cart)).as("the reservation's slot is freed").isEmpty();
        assertInTheKernel("payment", order, control(order));
    }

    // ---- what is asked again and again

    private static Control control(String key) {
        return kernel.control(key).orElseThrow(() -> new AssertionError("the kernel has no slot of key " + key));
    }

    /** A slot that was seen armed, with its timer in the kernel's list. */
    private record Armed(String key, Control control) {}

    /** Starts a slot and looks at it before it fires. */
    private static Armed startAndSee(String name) {
        return InTime.look("slot " + name, delay -> see(name, delay));
    }

    private static Optional<Armed> see(String name, Duration delay) {
        String key = name + "-" + delay.toSeconds();
        return kernel.startAndSee(shop, key, delay).map(control -> new Armed(key, control));
    }

    private static void assertInTheKernel(String key, Control control) {
        assertInTheKernel("drill", key, control);
    }

    /** The kernel's own list of timers has it, and so does the answer of Actuator. */
    private static void assertInTheKernel(String map, String key, Control control) {
        await("bpf timers in the kernel's list that expire at the deadline of " + key)
                .atMost(PATIENCE)
                .until(() -> kernel.timersAt(control.deadlineNanos()) == 1);
        assertMeasuredByTheKernel(map, key);
    }

    private static void assertMeasuredByTheKernel(String map, String key) {
        JsonNode measure = shop.slot(map, key).required("measure");
        assertThat(measure.required("by").asString()).isEqualTo("kernel");
        assertThat(measure.required("callbackSet").asBoolean()).isTrue();
        assertThat(measure.required("program").asLong()).isEqualTo(program);
        assertThat(measure.required("clock").asString()).isEqualTo("CLOCK_MONOTONIC");
    }

    private static JsonNode awaitFiring(String key) {
        await().atMost(PATIENCE).until(() -> !shop.firings(key).isEmpty());
        return shop.firings(key).get(0);
    }

    /** Waits until a slot has fired that was due later, so that the earlier one would have. */
    private static void awaitPassing(Control earlier) {
        int count = 0;
        String later;
        do {
            later = "after-" + earlier.deadlineNanos() + "-" + count++;
            shop.start(later, InTime.SOON);
            awaitFiring(later);
        } while (control(later).firedAtNanos() <= earlier.deadlineNanos());
    }

    private static boolean indexingRests() {
        JsonNode stats = shop.map("reindex");
        return count(stats, "fired") >= 3
                && count(stats, "armed") + count(stats, "running") + count(stats, "queued") == 0;
    }

    private static long count(JsonNode stats, String name) {
        return stats.required(name).asLong();
    }
}
