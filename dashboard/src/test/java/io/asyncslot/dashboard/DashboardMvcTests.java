package io.asyncslot.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;

/** The dashboard on Spring MVC. */
class DashboardMvcTests extends AbstractDashboardTests {

    DashboardMvcTests() {
        super(WebApplicationType.SERVLET);
    }

    @Test
    void applicationWithoutWebServer_startsWithoutDashboard() {
        try (Shop shop = Shop.start(WebApplicationType.NONE)) {
            assertThat(shop.carts().stats().slots()).isZero();
            assertThat(shop.context.getBeansOfType(Feed.class)).isEmpty();
        }
    }

    @Test
    void portOfActuator_hasTheDashboard_andItsOpenPageDoesNotHoldUpTheStop() throws Exception {
        Shop shop = Shop.start(
                type,
                "management.server.port=0",
                "management.server.base-path=/ops",
                "spring.lifecycle.timeout-per-shutdown-phase=4m");
        String base = "http://localhost:" + shop.context.getEnvironment().getProperty("local.management.port");
        try (Stream stream = Stream.open(base + "/ops/asyncslots/feed")) {
            stream.next(overview -> true);
            assertThat(shop.get("/asyncslots/").statusCode()).isEqualTo(404);
            shop.close();
            stream.awaitEnd();
        } finally {
            shop.close();
        }
    }
}
