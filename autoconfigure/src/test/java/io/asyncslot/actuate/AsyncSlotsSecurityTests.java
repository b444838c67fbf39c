package io.asyncslot.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.RunState;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.annotation.TimerSlot;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.http.HttpMethod;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.test.json.JsonContent;

/** The endpoint behind Spring Security, as README has it: readers read, operators write, all others do neither. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AsyncSlotsSecurityTests {

    private static final String CANCEL = "{\"action\":\"cancel\"}";

    private ConfigurableApplicationContext context;
    private TimerSlots<String> carts;

    @BeforeAll
    void start() {
        context = new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.SERVLET)
                .run(
                        "--server.port=0",
                        "--spring.autoconfigure.exclude=",
                        "--management.endpoints.web.exposure.include=asyncslots",
                        "--management.endpoint.asyncslots.access=unrestricted",
                        "--spring.main.banner-mode=off");
        carts = context.getBean(AsyncSlotRegistry.class).timers("cart", String.class);
    }

    @BeforeEach
    void arm() {
        carts.start("c1");
    }

    @AfterAll
    void stop() {
        context.close();
    }

    @Test
    void anonymous_isAskedWhoItIs() throws Exception {
        assertThat(send(null, "GET", "").statusCode()).isEqualTo(401);
        assertThat(send(null, "POST", CANCEL).statusCode()).isEqualTo(401);
        assertThat(send(null, "DELETE", "").statusCode()).isEqualTo(401);
        assertArmed();
    }

    @Test
    void reader_readsAndMayNotWrite() throws Exception {
        assertThat(send("rita", "GET", "").statusCode()).isEqualTo(200);
        assertThat(send("rita", "POST", CANCEL).statusCode()).isEqualTo(403);
        assertThat(send("rita", "DELETE", "").statusCode()).isEqualTo(403);
        assertArmed();
    }

    @Test
    void operator_writes_andItsNameIsInHistoryExplanationAndAudit() throws Exception {
        Queue<AuditEvent> audited = context.getBean(Application.class).audited;
        audited.clear();
        HttpResponse<String> done = send("oscar", "POST", CANCEL);
        assertThat(done.statusCode()).as(done.body()).isEqualTo(200);
        assertThat(new JsonContent(done.body()))
                .extractingPath("$.explanation[0]")
                .asString()
                .startsWith("Nothing is pending: cancelled at ")
                .endsWith(" by the endpoint (user oscar).");
        assertThat(audited).singleElement().satisfies(event -> {
            assertThat(event.getPrincipal()).isEqualTo("oscar");
            assertThat(event.getType()).isEqualTo("ASYNCSLOT_WRITE");
            assertThat(event.getData())
                    .containsEntry("map", "cart")
                    .containsEntry("key", "c1")
                    .containsEntry("action", "cancel")
                    .containsEntry("outcome", "CANCELLED");
        });
        assertThat(send("oscar", "DELETE", "").statusCode()).isEqualTo(200);
        assertThat(carts.find("c1")).isEmpty();
    }

    private void assertArmed() {
        assertThat(carts.find("c1").orElseThrow().runState()).isEqualTo(RunState.ARMED);
    }

    private HttpResponse<String> send(@Nullable String user, String method, String body) throws Exception {
        String port = context.getEnvironment().getProperty("local.server.port");
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://localhost:" + port + "/actuator/asyncslots/cart/c1"))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .header("Content-Type", "application/json");
        if (user != null) {
            String credentials = user + ":secret";
            request.header(
                    "Authorization",
                    "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)));
        }
        return client().send(request.build(), BodyHandlers.ofString(StandardCharsets.UTF_8));
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        final Queue<AuditEvent> audited = new ConcurrentLinkedQueue<>();

        @TimerSlot(map = "cart", delay = "30m", whenIdle = WhenIdle.KEEP)
        void expired(String id) {}

        @EventListener
        void audited(AuditApplicationEvent event) {
            audited.add(event.getAuditEvent());
        }

        @Bean
        SecurityFilterChain actuator(HttpSecurity http) throws Exception {
            return http.securityMatcher(EndpointRequest.to("asyncslots"))
                    .authorizeHttpRequests(requests -> requests.requestMatchers(HttpMethod.GET)
                            .hasRole("READER")
                            .anyRequest()
                            .hasRole("OPERATOR"))
                    .httpBasic(Customizer.withDefaults())
                    .csrf(csrf -> csrf.disable()) // a service that keeps no session
                    .build();
        }

        @Bean
        UserDetailsService users() {
            return new InMemoryUserDetailsManager(
                    User.withUsername("rita")
                            .password("{noop}secret")
                            .roles("READER")
                            .build(),
                    User.withUsername("oscar")
                            .password("{noop}secret")
                            .roles("READER", "OPERATOR")
                            .build());
        }
    }

    /** A client for one request: one that kept its connections waited for an answer of WebFlux without end, now and then. */
    private static HttpClient client() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }
}
