package io.asyncslot.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.container.KernelWitness.Control;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The shop is killed, alone or with its container, while its slots stay pinned in the kernel of the host. */
@ContainerTest
class RestartIT {

    private static final String BPFFS = "/sys/fs/bpf:/sys/fs/bpf";

    /** Due while nobody is there; long enough to look at it before the shop is killed. */
    private static final Duration SOON = Duration.ofSeconds(6);

    private static final Duration FAR = Duration.ofHours(1);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final String pins = "/sys/fs/bpf/asyncslot-container-tests-" + Long.toHexString(System.nanoTime());
    private ShopContainer lookout;

    @BeforeEach
    void lookOut() {
        lookout = ShopContainer.lookout("restart-lookout").privileged().bound(BPFFS);
        lookout.start();
    }

    @AfterEach
    void removePins() {
        lookout.run("rm", "-rf", pins);
        lookout.stop();
    }

    @Test
    void slotsSurviveTheKilledApplication() {
        try (ShopContainer container = ShopContainer.supervisedShop("restart-application", properties())
                .privileged()
                .bound(BPFFS)) {
            container.start();
            Shop shop = container.customer();
            KernelWitness kernel = KernelWitness.ofPins(lookout, pins);
            String cart = shop.post("/carts").required("id").asString();
            Control due = startBoth(shop, kernel);

            container.run("sh", "-c", "kill -9 $(cat /run/application.pid)");
            await().atMost(PATIENCE).until(() -> container.getLogs().contains("supervise: ended with status 137"));
            assertFiresWhileNobodyIsThere(kernel, due);

            container.run("touch", "/run/again");
            await().atMost(PATIENCE).ignoreExceptions().until(() -> shop.status("/actuator/health") == 200);
            assertFoundAgain(shop, kernel, due);
            assertThat(shop.slot("reservation", cart).required("armed").asBoolean())
                    .as("the shop's own slots are there too")
                    .isTrue();
        }
    }

    @Test
    void slotsSurviveTheKilledContainer() {
        KernelWitness kernel = KernelWitness.ofPins(lookout, pins);
        Control due;
        try (ShopContainer first = ShopContainer.shop("restart-container-1", properties())
                .privileged()
                .bound(BPFFS)) {
            first.start();
            due = startBoth(first.customer(), kernel);
            first.kill();
        }
        assertFiresWhileNobodyIsThere(kernel, due);
        try (ShopContainer second = ShopContainer.shop("restart-container-2", properties())
                .privileged()
                .bound(BPFFS)) {
            second.start();
            assertFoundAgain(second.customer(), kernel, due);
        }
    }

    private String[] properties() {
        return new String[] {"asyncslot.backend=kernel", "asyncslot.kernel.pin-path=" + pins};
    }

    /** One slot that comes due while nobody is there, and one that does not. */
    private static Control startBoth(Shop shop, KernelWitness kernel) {
        assertThat(shop.start("stays", FAR)).isEqualTo("STARTED");
        assertThat(shop.start("due", SOON)).isEqualTo("STARTED");
        Control due = kernel.control("due").orElseThrow();
        assertThat(due.armed()).isTrue();
        assertThat(kernel.timersAt(due.deadlineNanos())).isEqualTo(1);
        assertThat(shop.firings("due")).as("killed before it is due").isEmpty();
        return due;
    }

    private static void assertFiresWhileNobodyIsThere(KernelWitness kernel, Control due) {
        await().atMost(PATIENCE).until(() -> kernel.control("due").orElseThrow().fires() == due.fires() + 1);
        Control fired = kernel.control("due").orElseThrow();
        assertThat(fired.firedAtNanos()).isGreaterThanOrEqualTo(due.deadlineNanos());
        assertThat(fired.armed()).as("the word is the application's to change").isTrue();
        Control stays = kernel.control("stays").orElseThrow();
        assertThat(kernel.timersAt(stays.deadlineNanos())).isEqualTo(1);
        Findings.note(
                "fired in the kernel %d us after its deadline while the application was gone",
                (fired.firedAtNanos() - due.deadlineNanos()) / 1_000);
    }

    private static void assertFoundAgain(Shop shop, KernelWitness kernel, Control due) {
        await().atMost(PATIENCE).until(() -> !shop.firings("due").isEmpty());
        JsonNode firing = shop.firings("due").get(0);
        assertThat(firing.required("whileAway").asBoolean()).isTrue();
        assertThat(firing.required("early").asBoolean()).isFalse();
        assertThat(firing.required("attempt").asInt()).isEqualTo(1);
        JsonNode details = shop.backend("kernel").required("details");
        assertThat(details.required("recovered").asInt()).isGreaterThanOrEqualTo(2);
        assertThat(details.required("recoveredDueWhileAway").asInt()).isEqualTo(1);
        assertThat(details.required("pinned").asBoolean()).isTrue();

        JsonNode stays = shop.slot("drill", "stays");
        assertThat(stays.required("armed").asBoolean()).isTrue();
        assertThat(stays.required("measure").required("by").asString()).isEqualTo("kernel");
        assertThat(shop.firings("stays")).isEmpty();
        assertThat(shop.start("stays", Duration.ofMillis(300))).isEqualTo("REARMED");
        await().atMost(PATIENCE).until(() -> shop.firings("stays").size() == 1);
        assertThat(shop.firings("due")).as("delivered once").hasSize(1);
        assertThat(kernel.control("due").orElseThrow().armed()).isFalse();
        Findings.note(
                "%d slots found again, 1 firing delivered after the restart",
                details.required("recovered").asInt());
    }
}
