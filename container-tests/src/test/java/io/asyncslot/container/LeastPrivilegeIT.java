package io.asyncslot.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import io.asyncslot.container.KernelWitness.Control;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.Container.ExecResult;
import tools.jackson.databind.JsonNode;

/**
 * The loader had the privilege, once. The application has none: no capability, an ordinary user, a root file system that it
 * cannot write to, and of the BPF file system the one directory that its group may use.
 */
@ContainerTest
class LeastPrivilegeIT {

    private static final String USER = "10001:10002";
    private static final String GROUP = "10002";
    private static final String DIRECTORY = "shop";
    private static final String[] KERNEL = {"asyncslot.backend=kernel", "asyncslot.kernel.pin-path=/pins"};
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private static BpffsVolume bpffs;
    private static String loaderSaid;

    @BeforeAll
    static void load() {
        bpffs = BpffsVolume.mount("least-privilege-lookout");
        try (ShopContainer loader = bpffs.mountedBy(ShopContainer.loader(
                        "least-privilege-loader",
                        "--pin-path",
                        bpffs.path(DIRECTORY),
                        "--group",
                        GROUP,
                        "--capacity",
                        "512")
                .privileged())) {
            loader.start();
            loaderSaid = loader.getLogs();
            assertThat(loader.exitCode()).as(loaderSaid).isZero();
        }
    }

    @AfterAll
    static void unmount() {
        if (bpffs != null) {
            bpffs.close();
        }
    }

    @Test
    void anApplicationWithoutAnyPrivilegeUsesTheKernel() throws Exception {
        assertThat(loaderSaid).contains("loaded asyncslot", "room for 512 slots", "group " + GROUP + ", mode 660");
        KernelWitness kernel = KernelWitness.ofPins(bpffs.lookout(), bpffs.path(DIRECTORY));
        try (ShopContainer container = confined(ShopContainer.shop("least-privilege", KERNEL), "seccomp=unconfined")) {
            container.start();
            assertConfined(container);
            Shop shop = container.customer();
            AtomicReference<String> started = new AtomicReference<>("");
            Control armed = InTime.look("an armed slot", delay -> {
                started.set("fires-" + delay.toSeconds());
                return kernel.startAndSee(shop, started.get(), delay);
            });
            String key = started.get();
            assertThat(armed.kind()).isEqualTo(Control.TIMER);
            JsonNode measure = shop.slot("drill", key).required("measure");
            assertThat(measure.required("by").asString()).isEqualTo("kernel");
            await().atMost(PATIENCE).until(() -> shop.firings(key).size() == 1);
            assertThat(kernel.control(key).orElseThrow().fires()).isEqualTo(armed.fires() + 1);
            await("work items too")
                    .atMost(PATIENCE)
                    .until(() -> kernel.control("cup")
                            .filter(cup -> cup.kind() == Control.WORK)
                            .isPresent());
            JsonNode details = shop.backend("kernel").required("details");
            assertThat(details.required("pinned").asBoolean()).isTrue();
            assertThat(details.required("capacity").asInt()).isEqualTo(512);
            Findings.note("user %s, no capability, no-new-privileges, read-only root file system", USER);
        }
    }

    @Test
    void aSeccompFilterThatRefusesBpfIsNamed() {
        try (ShopContainer container = confined(ShopContainer.endingShop("least-privilege-seccomp", KERNEL))) {
            container.start();
            assertThat(container.exitCode()).isEqualTo(1);
            assertThat(container.getLogs())
                    .contains("APPLICATION FAILED TO START", "seccomp")
                    .contains("even if everything is pinned already");
            Findings.note("the engine's usual filter refuses bpf; start-up fails and names the remedy");
        }
    }

    @Test
    void anotherGroupMayNotUseThePins() {
        try (ShopContainer container = confined(
                        ShopContainer.endingShop("least-privilege-stranger", KERNEL), "seccomp=unconfined")
                .as("10003:10003")) {
            container.start();
            assertThat(container.exitCode()).isEqualTo(1);
            assertThat(container.getLogs())
                    .contains(
                            "APPLICATION FAILED TO START", "this user may not use the pins at the pin path", "--group");
            Findings.note("start-up fails and names the remedy");
        }
    }

    private static ShopContainer confined(ShopContainer container, String... options) {
        List<String> security = new ArrayList<>(List.of("no-new-privileges"));
        security.addAll(Arrays.asList(options));
        return bpffs.mountedBy(container, DIRECTORY, "/pins")
                .as(USER)
                .configured((HostConfig config) -> config.withCapDrop(Capability.ALL)
                        .withReadonlyRootfs(true)
                        .withTmpFs(Map.of("/tmp", ""))
                        .withSecurityOpts(security));
    }

    /** What the kernel says about the application's process. */
    private static void assertConfined(ShopContainer container) throws Exception {
        String status = container.run("cat", "/proc/1/status");
        assertThat(status)
                .containsPattern("CapEff:\\s+0000000000000000\\n")
                .containsPattern("CapPrm:\\s+0000000000000000\\n")
                .containsPattern("CapBnd:\\s+0000000000000000\\n")
                .containsPattern("Uid:\\s+10001\\s+10001\\s")
                .containsPattern("Gid:\\s+10002\\s+10002\\s")
                .containsPattern("NoNewPrivs:\\s+1\\n");
        ExecResult written = container.execInContainer("touch", "/app/written");
        assertThat(written.getStderr()).contains("Read-only file system");
        assertThat(container.run("ls", "/sys/fs/bpf"))
                .as("no BPF file system but the pins")
                .isEmpty();
    }
}
