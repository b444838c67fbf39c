package io.asyncslot.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A container as it is by default may not load programs: the jvm backend stands in where that was left open. */
@ContainerTest
class UnprivilegedIT {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @Test
    void autoTakesTheJvmAndSaysWhy() {
        try (ShopContainer container = ShopContainer.shop("unprivileged-auto", "asyncslot.backend=auto")) {
            container.start();
            Shop shop = container.customer();
            JsonNode selection = shop.slots().required("backend");
            assertThat(selection.required("requested").asString()).isEqualTo("auto");
            assertThat(selection.required("used").asString()).isEqualTo("jvm");
            List<String> reasons = texts(selection.required("reasons"));
            assertThat(reasons)
                    .anySatisfy(reason -> assertThat(reason)
                            .containsAnyOf("lacks a capability", "has no CAP_BPF", "seccomp")
                            .contains("asyncslot-kernel-loader"));
            JsonNode kernel = shop.backend("kernel");
            assertThat(kernel.required("available").asBoolean()).isFalse();
            assertThat(texts(kernel.required("reasons"))).isNotEmpty();
            assertThat(container.getLogs())
                    .as("the log says why too")
                    .contains("jvm")
                    .contains("asyncslot-kernel-loader");

            assertThat(shop.start("here", Duration.ofMillis(100))).isEqualTo("STARTED");
            await().atMost(PATIENCE).until(() -> shop.firings("here").size() == 1);
            assertThat(shop.firings("here").get(0).required("backend").asString())
                    .isEqualTo("jvm");
            Findings.note("%s", String.join(" | ", reasons));
        }
    }

    @Test
    void theKernelAskedForIsAnErrorThatNamesTheRemedy() {
        try (ShopContainer container = ShopContainer.endingShop("unprivileged-kernel", "asyncslot.backend=kernel")) {
            container.start();
            assertThat(container.exitCode()).isEqualTo(1);
            assertThat(container.getLogs())
                    .contains("APPLICATION FAILED TO START")
                    .containsPattern("Action:\\s+\\S")
                    .contains("asyncslot-kernel-loader")
                    .contains("CAP_BPF");
            Findings.note("start-up fails, exit status 1, remedy named");
        }
    }

    private static List<String> texts(JsonNode array) {
        return array.valueStream().map(JsonNode::asString).toList();
    }
}
