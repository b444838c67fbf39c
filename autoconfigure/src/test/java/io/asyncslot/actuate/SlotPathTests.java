package io.asyncslot.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/** A semicolon in the path names no other slot where the endpoint has its own port and another path. */
class SlotPathTests {

    @ParameterizedTest
    @EnumSource(names = {"SERVLET", "REACTIVE"})
    void aSemicolonInThePath_isRefused(WebApplicationType type) throws Exception {
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
                .web(type)
                .properties(
                        "server.port=0",
                        "management.server.port=0",
                        "spring.main.allow-bean-definition-overriding=true", // this class path has two servers
                        "management.endpoints.web.base-path=/ops",
                        "management.endpoints.web.path-mapping.asyncslots=slots",
                        "management.endpoints.web.exposure.include=asyncslots",
                        "management.endpoint.asyncslots.access=unrestricted",
                        "spring.main.banner-mode=off")
                .run()) {
            TimerSlots<String> slots = context.getBean(AsyncSlotRegistry.class)
                    .register(TimerMapSpec.named("cart", String.class)
                            .callback((key, firing) -> {})
                            .build());
            slots.start("a", Duration.ofHours(1));
            assertThat(delete(context, "/ops/slots/cart/a;b")).isEqualTo(400);
            assertThat(delete(context, "/o%70s/slots;x/cart/a;b")).isEqualTo(400);
            assertThat(slots.find("a")).isPresent();
            assertThat(delete(context, "/ops/slots/cart/a")).isEqualTo(200);
            assertThat(slots.find("a")).isEmpty();
        }
    }

    private static int delete(ConfigurableApplicationContext context, String path) throws Exception {
        String port = context.getEnvironment().getProperty("local.management.port");
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .version(HttpClient.Version.HTTP_1_1)
                .DELETE()
                .build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).statusCode();
    }

    @Test
    void otherPathsMayHaveOne() {
        SlotPath path = new SlotPath("/actuator/asyncslots");
        assertThat(List.of(
                        "/shop/cart;v=1",
                        "/actuator/health;x",
                        "/actuator/asyncslots/cart/a",
                        "/actuator/asyncslots/cart/a%3Bb"))
                .noneMatch(path::losesAPart);
        assertThat(List.of(
                        "/actuator/asyncslots/cart/a;",
                        "/x/actuator/asyncslots;j=1/cart",
                        "/actuator;/%61syncslots/c/a;v"))
                .allMatch(path::losesAPart);
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {}
}
