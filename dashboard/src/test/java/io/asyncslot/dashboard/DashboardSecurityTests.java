package io.asyncslot.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.RunState;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpMethod;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.core.userdetails.MapReactiveUserDetailsService;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.server.SecurityWebFilterChain;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The dashboard behind Spring Security: readers look, operators act with a token against forged requests. */
class DashboardSecurityTests {

    @ParameterizedTest
    @EnumSource(names = {"SERVLET", "REACTIVE"})
    void onlyWhomTheEndpointAdmits_acts_withTheTokenOfTheSession(WebApplicationType type) throws Exception {
        Class<?> application = type == WebApplicationType.SERVLET ? ServletShop.class : ReactiveShop.class;
        try (Shop shop = Shop.start(
                type,
                application,
                "spring.autoconfigure.exclude=",
                "management.endpoint.asyncslots.access=unrestricted")) {
            shop.carts().start("c1");
            assertThat(get(shop, "/asyncslots/", null).statusCode()).isEqualTo(401);
            assertThat(get(shop, "/asyncslots/feed", null).statusCode()).isEqualTo(401);
            assertThat(get(shop, "/asyncslots/", "rita").statusCode()).isEqualTo(200);
            try (AbstractDashboardTests.Stream stream = AbstractDashboardTests.Stream.open(
                    shop.base() + "/asyncslots/feed", "Authorization", basic("rita"))) {
                assertThat(stream.next(overview -> true).path("maps").size()).isEqualTo(2);
            }

            for (String action : List.of("cancel", "retry", "forget")) {
                assertThat(act(shop, action, "rita", true)).as(action).isEqualTo(403);
                assertThat(act(shop, action, "oscar", false))
                        .as(action + " without a token")
                        .isIn(401, 403);
            }
            assertThat(shop.carts().find("c1").orElseThrow().runState()).isEqualTo(RunState.ARMED);
            assertThat(shop.application().audited.stream().map(AuditEvent::getType))
                    .doesNotContain("ASYNCSLOT_WRITE");

            assertThat(act(shop, "cancel", "oscar", true)).isEqualTo(200);
            assertThat(shop.carts().find("c1").orElseThrow().runState()).isEqualTo(RunState.IDLE);
            assertThat(shop.application().audited.stream()
                            .filter(event -> event.getType().equals("ASYNCSLOT_WRITE")))
                    .singleElement()
                    .satisfies(event -> {
                        assertThat(event.getPrincipal()).isEqualTo("oscar");
                        assertThat(event.getData())
                                .containsEntry("map", "cart")
                                .containsEntry("key", "c1")
                                .containsEntry("action", "cancel")
                                .containsEntry("outcome", "CANCELLED");
                    });
        }
    }

    /** What the page does for an action: asks for the token, and sends it along. */
    private static int act(Shop shop, String action, String user, boolean withToken) throws Exception {
        HttpResponse<String> answer = get(shop, "/asyncslots/session", user);
        assertThat(answer.statusCode()).isEqualTo(200);
        JsonNode session = JsonMapper.shared().readTree(answer.body());
        assertThat(session.path("user").asString()).isEqualTo(user);
        assertThat(session.path("write").asBoolean()).isTrue();
        String cookie = answer.headers().firstValue("Set-Cookie").orElseThrow().replaceAll(";.*", "");
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(shop.base() + "/asyncslots/")
                        .resolve(session.path("endpoint").asString() + "/cart"))
                .header("Authorization", basic(user))
                .header("Cookie", cookie)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"action\":\"" + action + "\",\"key\":\"c1\"}"));
        if (withToken) {
            request.header(
                    session.path("csrfHeader").asString(),
                    session.path("csrfToken").asString());
        }
        // A client of its own: the connection of a request that was refused before its body was read is not used again.
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        return client.send(request.timeout(Duration.ofSeconds(60)).build(), BodyHandlers.ofString())
                .statusCode();
    }

    private static HttpResponse<String> get(Shop shop, String path, @Nullable String user) throws Exception {
        return user == null ? shop.get(path) : shop.get(path, "Authorization", basic(user));
    }

    private static String basic(String user) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":secret").getBytes(StandardCharsets.UTF_8));
    }

    static UserDetails[] users() {
        return new UserDetails[] {
            User.withUsername("rita").password("{noop}secret").roles("READER").build(),
            User.withUsername("oscar")
                    .password("{noop}secret")
                    .roles("OPERATOR")
                    .build()
        };
    }

    @Configuration(proxyBeanMethods = false)
    @EnableWebSecurity
    @ConditionalOnWebApplication(type = Type.SERVLET)
    static class ServletShop extends Shop.Application {

        @Bean
        SecurityFilterChain everything(HttpSecurity http) throws Exception {
            return http.authorizeHttpRequests(requests -> requests.requestMatchers(
                                    EndpointRequest.to("asyncslots").withHttpMethod(HttpMethod.POST))
                            .hasRole("OPERATOR")
                            .anyRequest()
                            .authenticated())
                    .httpBasic(Customizer.withDefaults())
                    .build();
        }

        @Bean
        InMemoryUserDetailsManager users() {
            return new InMemoryUserDetailsManager(DashboardSecurityTests.users());
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableWebFluxSecurity
    @ConditionalOnWebApplication(type = Type.REACTIVE)
    static class ReactiveShop extends Shop.Application {

        @Bean
        SecurityWebFilterChain everything(ServerHttpSecurity http) {
            return http.authorizeExchange(requests -> requests.pathMatchers(HttpMethod.POST, "/actuator/asyncslots/**")
                            .hasRole("OPERATOR")
                            .anyExchange()
                            .authenticated())
                    .httpBasic(Customizer.withDefaults())
                    .build();
        }

        @Bean
        MapReactiveUserDetailsService users() {
            return new MapReactiveUserDetailsService(DashboardSecurityTests.users());
        }
    }
}
