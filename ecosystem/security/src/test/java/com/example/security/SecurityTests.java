package com.example.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.security.core.context.SecurityContextHolder;

class SecurityTests {

    private static final String NOBODY = "";
    private static final String ALICE = "alice:a";
    private static final String ROOT = "root:r";

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @BeforeEach
    void inherit() {
        SecurityContextHolder.setStrategyName(SecurityContextHolder.MODE_INHERITABLETHREADLOCAL);
    }

    @AfterEach
    void restore() {
        SecurityContextHolder.setStrategyName(SecurityContextHolder.MODE_THREADLOCAL);
    }

    private static ServletWebServerApplicationContext run(String... arguments) {
        return (ServletWebServerApplicationContext)
                new SpringApplicationBuilder(SecurityApplication.class).properties("server.port=0").run(arguments);
    }

    private int request(ServletWebServerApplicationContext context, String method, String path, String user)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://localhost:" + context.getWebServer().getPort() + path))
                .timeout(Duration.ofSeconds(20))
                .method(method, BodyPublishers.noBody());
        if (!user.isEmpty()) {
            request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString(user.getBytes()));
        }
        HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
        return response.statusCode();
    }

    private static String next(ServletWebServerApplicationContext context) throws InterruptedException {
        return context.getBean(ReportController.class).users().poll(30, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @CsvSource({"false, nobody, nobody", "true, alice, root"})
    void callback_runsOnBehalfOfNobody_unlessAskedTo(boolean propagate, String first, String second) throws Exception {
        try (var context = run("--asyncslot.context-propagation.enabled=" + propagate)) {
            assertThat(request(context, "POST", "/reports/r1", ALICE)).isEqualTo(200);
            assertThat(next(context)).isEqualTo(first);
            assertThat(request(context, "POST", "/reports/r2", ROOT)).isEqualTo(200);
            assertThat(next(context)).isEqualTo(second);
        }
    }

    @Test
    void endpoint_isForThoseWhoMay() throws Exception {
        try (var context = run()) {
            assertThat(request(context, "POST", "/reports/r1", ALICE)).isEqualTo(200);
            assertThat(next(context)).isEqualTo("nobody");
            TimerSlots<String> reports =
                    context.getBean(AsyncSlotRegistry.class).timers("report", String.class);
            reports.start("r1", Duration.ofHours(1));
            String slot = "/actuator/asyncslots/report/r1";
            assertThat(request(context, "GET", slot, NOBODY)).isEqualTo(401);
            assertThat(request(context, "GET", slot, ALICE)).isEqualTo(403);
            assertThat(request(context, "DELETE", slot, ALICE)).isEqualTo(403);
            assertThat(reports.find("r1")).isPresent();
            assertThat(request(context, "GET", slot, ROOT)).isEqualTo(200);
            assertThat(request(context, "DELETE", slot, ROOT)).isEqualTo(200);
            assertThat(reports.find("r1")).isEmpty();
        }
    }
}
