package io.asyncslot.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.container.KernelWitness.Control;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The shop is killed, alone or with its container, while its slots stay pinned in the kernel of the host. */
@ContainerTest
class RestartIT {

    private static final Duration FAR = Duration.ofHours(1);
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private BpffsVolume bpffs;
    private String pins;
    private KernelWitness kernel;

    @BeforeEach
    void mount() {
        bpffs = BpffsVolume.mount("restart-lookout");
        pins = bpffs.path("shop");
        kernel = KernelWitness.ofPins(bpffs.lookout(), pins);
    }

    @AfterEach
    void unmount() {
        bpffs.close();
    }

    /** A slot that comes due while nobody is there. */
    private record Due(String key, Control control) {}

    @Test
    void slotsSurviveTheKilledApplication() {
        try (ShopContainer container = mounted(ShopContainer.supervisedShop("restart-application", properties()))) {
            container.start();
            Shop shop = container.customer();
            String cart = shop.post("/carts").required("id").asString();
            assertThat(shop.start("stays", FAR)).isEqualTo("STARTED");
            int[] killed = {0};
            Due due = InTime.look("the kill of the application", delay -> {
                Optional<Due> begun = see(shop, delay);
                container.run("sh", "-c", "kill -9 $(cat /run/application.pid)");
                int kills = ++killed[0];
                await().atMost(PATIENCE).until(() -> kills(container) == kills);
                Optional<Due> left = begun.filter(this::isStillToFire);
                if (left.isEmpty()) {
                    startAgain(container, shop);
                }
                return left;
            });
            assertFiresWhileNobodyIsThere(due);

            startAgain(container, shop);
            assertFoundAgain(shop, due);
            assertThat(shop.slot("reservation", cart).required("armed").asBoolean())
                    .as("the shop's own slots are there too")
                    .isTrue();
        }
    }

    private static int kills(ShopContainer container) {
        return container.getLogs().split("supervise: ended with status 137", -1).length - 1;
    }

    private static void startAgain(ShopContainer container, Shop shop) {
        container.run("touch", "/run/again");
        await().atMost(PATIENCE).ignoreExceptions().until(() -> shop.status("/actuator/health") == 200);
    }

    @Test
    void slotsSurviveTheKilledContainer() {
        Due due = InTime.look("the kill of the container", delay -> {
            try (ShopContainer first = mounted(ShopContainer.shop("restart-container-1", properties()))) {
                first.start();
                first.customer().start("stays", FAR);
                Optional<Due> begun = see(first.customer(), delay);
                first.kill();
                return begun.filter(this::isStillToFire);
            }
        });
        assertFiresWhileNobodyIsThere(due);
        try (ShopContainer second = mounted(ShopContainer.shop("restart-container-2", properties()))) {
            second.start();
            assertFoundAgain(second.customer(), due);
        }
    }

    private ShopContainer mounted(ShopContainer container) {
        return bpffs.mountedBy(container.privileged());
    }

    private String[] properties() {
        return new String[] {"asyncslot.backend=kernel", "asyncslot.kernel.pin-path=" + pins};
    }

    private Optional<Due> see(Shop shop, Duration delay) {
        String key = "due-" + delay.toSeconds();
        return kernel.startAndSee(shop, key, delay).map(control -> new Due(key, control));
    }

    /** Asked of the kernel when the application is gone: so nobody has seen it fire, and nobody will. */
    private boolean isStillToFire(Due due) {
        return kernel.timersAt(due.control().deadlineNanos()) == 1;
    }

    private void assertFiresWhileNobodyIsThere(Due begun) {
        String key = begun.key();
        Control due = begun.control();
        await().atMost(PATIENCE).until(() -> kernel.control(key).orElseThrow().fires() == due.fires() + 1);
        Control fired = kernel.control(key).orElseThrow();
        assertThat(fired.firedAtNanos()).isGreaterThanOrEqualTo(due.deadlineNanos());
        assertThat(fired.armed()).as("the word is the application's to change").isTrue();
        Control stays = kernel.control("stays").orElseThrow();
        assertThat(kernel.timersAt(stays.deadlineNanos())).isEqualTo(1);
        Findings.note(
                "fired in the kernel %d us after its deadline while the application was gone",
                (fired.firedAtNanos() - due.deadlineNanos()) / 1_000);
    }

    private void assertFoundAgain(Shop shop, Due due) {
        String key = due.key();
        await().atMost(PATIENCE).until(() -> !shop.firings(key).isEmpty());
        JsonNode firing = shop.firings(key).get(0);
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
        assertThat(shop.firings(key)).as("delivered once").hasSize(1);
        assertThat(kernel.control(key).orElseThrow().armed()).isFalse();
        Findings.note(
                "%d slots found again, 1 firing delivered after the restart",
                details.required("recovered").asInt());
    }
}
