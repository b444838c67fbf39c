package io.asyncslot.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.annotation.TimerSlot;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/** What each access lets through. */
class AsyncSlotsAccessTests {

    private static final String ACCESS = "management.endpoint.asyncslots.access=";
    private static final String MOST = "management.endpoints.access.max-permitted=";

    @ParameterizedTest(name = "{0}, access {1}, at most {2}: read {3}, write {4}")
    @CsvSource({
        "SERVLET, unrestricted, unrestricted, 200, 200",
        "SERVLET, , unrestricted, 200, 405",
        "SERVLET, read-only, unrestricted, 200, 405",
        "SERVLET, unrestricted, read-only, 200, 405",
        "SERVLET, none, unrestricted, 404, 404",
        "REACTIVE, , unrestricted, 200, 405",
        "REACTIVE, none, unrestricted, 404, 404"
    })
    void access_letsThrough(WebApplicationType type, String access, String most, int read, int write) throws Exception {
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
                .web(type)
                .properties(
                        "server.port=0",
                        "management.endpoints.web.exposure.include=asyncslots",
                        "spring.main.banner-mode=off",
                        access == null ? "x=y" : ACCESS + access,
                        MOST + most)
                .run()) {
            TimerSlots<String> carts = context.getBean(AsyncSlotRegistry.class).timers("cart", String.class);
            carts.start("c1");
            assertThat(status(context, "GET")).isEqualTo(read);
            assertThat(status(context, "POST")).isEqualTo(write);
            assertThat(carts.find("c1").orElseThrow().runState().isArmed()).isEqualTo(write != 200);
            assertThat(status(context, "DELETE")).isEqualTo(write);
            assertThat(carts.find("c1").isPresent()).isEqualTo(write != 200);
        }
    }

    private int status(ConfigurableApplicationContext context, String method) throws Exception {
        String port = context.getEnvironment().getProperty("local.server.port");
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://localhost:" + port + "/actuator/asyncslots/cart/c1"))
                .method(
                        method,
                        method.equals("POST")
                                ? BodyPublishers.ofString("{\"action\":\"cancel\"}")
                                : BodyPublishers.noBody())
                .header("Content-Type", "application/json")
                .timeout(Duration.ofSeconds(30))
                .build();
        return client().send(request, BodyHandlers.discarding()).statusCode();
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        @TimerSlot(map = "cart", delay = "30m", whenIdle = WhenIdle.KEEP)
        void expired(String id) {}
    }

    /** A client for one request: one that kept its connections waited for an answer of WebFlux without end, now and then. */
    private static HttpClient client() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }
}
