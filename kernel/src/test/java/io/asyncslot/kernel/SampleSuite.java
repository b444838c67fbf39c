package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.jayway.jsonpath.JsonPath;
import io.asyncslot.kernel.SampleProcess.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The sample application on the kernel of this machine, by HTTP: with the kernel backend where the probe finds nothing in
 * its way, else with {@code auto}, which must take the jvm backend and say why. Not one of the module's tests: it needs
 * the unpacked sample, which {@code src/test/vm/matrix} hands over in {@code asyncslot.sample}.
 */
class SampleSuite {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static KernelReport report;
    private static SampleProcess shop;

    @BeforeAll
    static void start() throws IOException {
        assumeTrue(System.getProperty("asyncslot.sample") != null, "SKIPPED: no sample in asyncslot.sample");
        report = KernelProbe.probe(null);
        shop = SampleProcess.start(
                "--asyncslot.backend=" + (report.available() ? "kernel" : "auto"),
                "--shop.reservation=10s",
                "--shop.payment=10s",
                "--shop.tenant-poll=500ms");
        shop.awaitUp();
    }

    @AfterAll
    static void stop() {
        if (shop != null) {
            shop.close();
        }
    }

    @Test
    void backend_isTheKernels_orTheJvmsWithTheReason() throws IOException {
        String body = shop.get("/actuator/asyncslots").body();
        String maps = JsonPath.read(body, "$.maps.reservation.backend");
        assertThat(maps).isEqualTo(report.available() ? "kernel" : "jvm");
        if (report.available()) {
            List<Boolean> running = JsonPath.read(body, "$.backends[?(@.name == 'kernel')].details.running");
            assertThat(running).containsExactly(true);
        } else {
            assertThat(body).contains(report.findings().get(0).remedy());
        }
    }

    @Test
    void cart_isMeasured_touchedAndExpires() throws IOException {
        String cart = cart();
        String path = "/actuator/asyncslots/reservation/" + cart;
        if (report.available()) {
            await().atMost(PATIENCE)
                    .until(() -> "kernel".equals(JsonPath.read(shop.get(path).body(), "$.measure.by")));
            assertThat((Boolean) JsonPath.read(shop.get(path).body(), "$.measure.callbackSet"))
                    .isTrue();
        }
        assertThat((String)
                        JsonPath.read(shop.post("/carts/" + cart + "/ping", "").body(), "$.state"))
                .isEqualTo("OPEN");
        await().atMost(PATIENCE)
                .until(() -> "EXPIRED"
                        .equals(JsonPath.read(shop.get("/carts/" + cart).body(), "$.state")));
        await().atMost(PATIENCE).until(() -> shop.get(path).status() == 404);
    }

    @Test
    void droppedCart_freesItsSlot() throws IOException {
        String cart = cart();
        assertThat(shop.send("DELETE", "/carts/" + cart, "").status() / 100).isEqualTo(2);
        assertThat(shop.get("/actuator/asyncslots/reservation/" + cart).status())
                .isEqualTo(404);
    }

    @Test
    void priceChanges_areCoalesced_andTheLastIsFound() throws IOException {
        for (int cents = 4_001; cents <= 4_040; cents++) {
            assertThat(shop.send("PUT", "/products/teapot/price", "{\"cents\":" + cents + "}")
                            .status())
                    .isEqualTo(202);
        }
        await().atMost(PATIENCE).until(() -> shop.get("/search?q=teapot").body().contains("4040"));
        String map = "$.maps.reindex.";
        await().atMost(PATIENCE).until(() -> {
            String body = shop.get("/actuator/asyncslots").body();
            int coalesced = JsonPath.read(body, map + "coalesced");
            int started = JsonPath.read(body, map + "started");
            int fired = JsonPath.read(body, map + "fired");
            return coalesced > 0 && started == fired;
        });
    }

    @Test
    void tenant_isPolledUntilItGoes() throws IOException {
        assertThat(shop.post("/tenants/acme", "").status() / 100).isEqualTo(2);
        await().atMost(PATIENCE)
                .until(() -> (int) JsonPath.read(shop.get("/tenants/acme").body(), "$.polls") >= 3);
        assertThat(shop.send("DELETE", "/tenants/acme", "").status() / 100).isEqualTo(2);
        assertThat(shop.get("/actuator/asyncslots/tenant-poll/acme").status()).isEqualTo(404);
    }

    /** Carts kept alive, abandoned, dropped, paid and not paid, then ledger against ledger. */
    @Test
    void load_ledgerIsExact() throws Exception {
        try (SampleProcess load = shop.load("10", "20", "3")) {
            int status = load.awaitExit(PATIENCE.multipliedBy(2));
            System.out.println(load.output());
            assertThat(status).as(load.output()).isZero();
        }
    }

    @Test
    void kernelAskedForWhereItIsNot_failsWithTheRemedy() throws Exception {
        assumeTrue(!report.available(), "SKIPPED: slots can be kept in this kernel");
        try (SampleProcess refused = SampleProcess.start("--asyncslot.backend=kernel")) {
            assertThat(refused.awaitExit(PATIENCE)).isPositive();
            assertThat(refused.output()).contains(report.findings().get(0).remedy());
        }
    }

    private static String cart() throws IOException {
        Reply reply = shop.post("/carts", "");
        assertThat(reply.status()).as(reply.body()).isEqualTo(201);
        String id = JsonPath.read(reply.body(), "$.id");
        assertThat(shop.post("/carts/" + id + "/items", "{\"productId\":\"cup\",\"quantity\":1}")
                        .status())
                .isEqualTo(200);
        return id;
    }
}
