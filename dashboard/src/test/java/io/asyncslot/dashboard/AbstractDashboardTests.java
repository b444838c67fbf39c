package io.asyncslot.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.WebApplicationType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The dashboard over HTTP, on Spring MVC and on WebFlux alike: each is one subclass. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
abstract class AbstractDashboardTests {

    final WebApplicationType type;

    AbstractDashboardTests(WebApplicationType type) {
        this.type = type;
    }

    /** An open stream of overviews. */
    record Stream(int status, InputStream body, BufferedReader lines) implements AutoCloseable {

        static Stream open(String address, String... headers) throws Exception {
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(URI.create(address)).header("Accept", "text/event-stream");
            if (headers.length > 0) {
                request.headers(headers);
            }
            HttpResponse<InputStream> answer = Shop.CLIENT.send(request.build(), BodyHandlers.ofInputStream());
            return new Stream(
                    answer.statusCode(),
                    answer.body(),
                    new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8)));
        }

        /** The next overview that is as it should be. */
        JsonNode next(Predicate<JsonNode> wanted) throws Exception {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("data:")) {
                    JsonNode overview = JsonMapper.shared().readTree(line.substring(5));
                    if (wanted.test(overview)) {
                        return overview;
                    }
                }
            }
            throw new IllegalStateException("the stream has ended");
        }

        /** Reads until the stream ends. */
        void awaitEnd() throws Exception {
            while (lines.readLine() != null) {
                Thread.onSpinWait();
            }
        }

        @Override
        public void close() throws IOException {
            body.close();
        }
    }

    @Test
    void files_comeWithTheirHeaders_andAreSentOnce() throws Exception {
        try (Shop shop = Shop.start(type)) {
            List<String> paths = new ArrayList<>(DashboardPages.FILES);
            paths.add("");
            for (String path : paths) {
                HttpResponse<String> answer = shop.get("/asyncslots/" + path);
                assertThat(answer.statusCode()).as(path).isEqualTo(200);
                assertThat(answer.headers().firstValue("Content-Security-Policy"))
                        .as(path)
                        .hasValueSatisfying(policy -> assertThat(policy)
                                .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
                                .doesNotContain("unsafe"));
                assertThat(answer.headers().firstValue("X-Content-Type-Options"))
                        .hasValue("nosniff");
                assertThat(answer.headers().firstValue("Cache-Control")).hasValue("no-cache");
                String tag = answer.headers().firstValue("ETag").orElseThrow();
                assertThat(shop.get("/asyncslots/" + path, "If-None-Match", tag).statusCode())
                        .as(path)
                        .isEqualTo(304);
            }
            assertThat(shop.get("/asyncslots/main.js").headers().firstValue("Content-Type"))
                    .hasValueSatisfying(value -> assertThat(value).startsWith("text/javascript"));
        }
    }

    @Test
    void otherPaths_leadNowhere() throws Exception {
        try (Shop shop = Shop.start(type)) {
            for (String path : List.of("Feed.class", "..%2fFeed.class", "%2e%2e/Feed.class", "ui/main.js", "LICENSE")) {
                assertThat(shop.get("/asyncslots/" + path).statusCode())
                        .as(path)
                        .isIn(400, 404);
            }
        }
    }

    @Test
    void pathWithoutSlash_leadsToTheFolder_alsoBehindAProxy() throws Exception {
        try (Shop shop = Shop.start(type, "asyncslot.dashboard.path=/ops/slots")) {
            HttpResponse<String> answer = shop.get("/ops/slots");
            assertThat(answer.statusCode()).isEqualTo(302);
            assertThat(answer.headers().firstValue("Location")).hasValue("slots/");
            assertThat(shop.get("/ops/slots/").statusCode()).isEqualTo(200);
            assertThat(session(shop, "/ops/slots").path("endpoint").asString()).isEqualTo("../../actuator/asyncslots");
            assertThat(shop.get("/asyncslots/").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void dashboard_isOffUnlessEnabled() throws Exception {
        try (Shop shop = Shop.start(type, "asyncslot.dashboard.enabled=false")) {
            assertThat(shop.get("/asyncslots/").statusCode()).isEqualTo(404);
            assertThat(shop.get("/asyncslots/feed").statusCode()).isEqualTo(404);
            assertThat(shop.context.getBeansOfType(Feed.class)).isEmpty();
            assertThat(shop.context.getBeansOfType(Firings.class)).isEmpty();
        }
    }

    @Test
    void contextPath_isPartOfNoAddress() throws Exception {
        String property =
                type == WebApplicationType.SERVLET ? "server.servlet.context-path" : "spring.webflux.base-path";
        try (Shop shop = Shop.start(type, property + "=/shop")) {
            assertThat(shop.get("/shop/asyncslots/").statusCode()).isEqualTo(200);
            String endpoint = session(shop, "/shop/asyncslots").path("endpoint").asString();
            URI there = URI.create("/shop/asyncslots/").resolve(endpoint);
            assertThat(there).hasPath("/shop/actuator/asyncslots");
            assertThat(shop.get(there.getPath()).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void session_tellsWhatTheEndpointAllows() throws Exception {
        try (Shop shop = Shop.start(type)) {
            JsonNode session = session(shop, "/asyncslots");
            assertThat(session.path("endpoint").asString()).isEqualTo("../actuator/asyncslots");
            assertThat(session.path("write").asBoolean()).isFalse();
            assertThat(session.path("csrfToken").isNull()).isTrue();
            assertThat(shop.get("/asyncslots/session").headers().firstValue("Cache-Control"))
                    .hasValue("no-store");
        }
        try (Shop shop = Shop.start(type, "management.endpoint.asyncslots.access=unrestricted")) {
            assertThat(session(shop, "/asyncslots").path("write").asBoolean()).isTrue();
        }
        try (Shop shop = Shop.start(
                type,
                "management.endpoint.asyncslots.access=unrestricted",
                "management.endpoints.access.max-permitted=read-only")) {
            assertThat(session(shop, "/asyncslots").path("write").asBoolean()).isFalse();
        }
        try (Shop shop = Shop.start(type, "management.endpoints.web.exposure.include=health")) {
            assertThat(session(shop, "/asyncslots").path("endpoint").isNull()).isTrue();
        }
    }

    @Test
    void pathOfTheEndpoint_isRefused() {
        assertThatThrownBy(() -> Shop.start(type, "management.endpoints.web.base-path=/"))
                .rootCause()
                .hasMessageContaining("asyncslot.dashboard.path");
        assertThatThrownBy(() -> Shop.start(type, "asyncslot.dashboard.path=slots/"))
                .rootCause()
                .hasMessageContaining("asyncslot.dashboard.path");
    }

    @Test
    void feed_tellsOfMapsFiringsAndDeadlines() throws Exception {
        try (Shop shop = Shop.start(type);
                Stream stream = Stream.open(shop.base() + "/asyncslots/feed")) {
            assertThat(stream.status()).isEqualTo(200);
            stream.next(overview -> true);
            shop.carts().start("soon", Duration.ofMinutes(10));
            shop.carts().start("tomorrow", Duration.ofHours(24));
            shop.carts().start("fail", Duration.ZERO);
            shop.carts().start("held", Duration.ZERO);
            stream.next(overview -> map(overview, "cart").path("failedLately").asInt() == 1);
            JsonNode overview =
                    stream.next(each -> each.path("census").path("later").asInt() == 1);
            assertThat(map(overview, "cart").path("armed").asInt()).isEqualTo(2);
            assertThat(map(overview, "cart").path("fired").asInt()).isEqualTo(2);
            int due = 0;
            for (JsonNode bucket : overview.path("census").path("due")) {
                due += bucket.asInt();
            }
            assertThat(due).isEqualTo(1);
            assertThat(sum(overview.path("lateness"))).isBetween(1, 2); // a firing may precede the first sample
            assertThat(sum(overview.path("durations"))).isBetween(1, 2);
        }
    }

    @Test
    void viewers_areLimited_andThePlaceOfOneWhoLeftIsFree() throws Exception {
        try (Shop shop = Shop.start(type)) {
            Feed feed = shop.context.getBean(Feed.class);
            List<Stream> streams = new ArrayList<>();
            for (int i = 0; i < Feed.MAX_VIEWERS; i++) {
                Stream stream = Stream.open(shop.base() + "/asyncslots/feed");
                stream.next(overview -> true);
                streams.add(stream);
            }
            try (Stream refused = Stream.open(shop.base() + "/asyncslots/feed")) {
                assertThat(refused.status()).isEqualTo(503);
            }
            streams.remove(0).close();
            await().atMost(Duration.ofSeconds(30)).until(() -> feed.viewers() < Feed.MAX_VIEWERS);
            try (Stream stream = Stream.open(shop.base() + "/asyncslots/feed")) {
                assertThat(stream.status()).isEqualTo(200);
            }
            for (Stream stream : streams) {
                stream.close();
            }
            await().atMost(Duration.ofSeconds(30)).until(() -> feed.viewers() == 0);
        }
    }

    /** Boot waits for requests under way, 30 s unless told otherwise: here four minutes, which the test would not survive. */
    @Test
    void openPage_doesNotHoldUpTheStop() throws Exception {
        Shop shop = Shop.start(type, "spring.lifecycle.timeout-per-shutdown-phase=4m");
        try (Stream stream = Stream.open(shop.base() + "/asyncslots/feed")) {
            stream.next(overview -> true);
            Feed feed = shop.context.getBean(Feed.class);
            shop.close();
            stream.awaitEnd();
            assertThat(feed.viewers()).isZero();
            assertThat(feed.hasRoom()).isFalse();
            assertThat(feed.isWorking()).isFalse();
        } finally {
            shop.close();
        }
    }

    @Test
    void stoppedContext_takesViewersAgainOnceStarted() throws Exception {
        try (Shop shop = Shop.start(type, "spring.lifecycle.timeout-per-shutdown-phase=4m")) {
            try (Stream stream = Stream.open(shop.base() + "/asyncslots/feed")) {
                stream.next(overview -> true);
                shop.context.stop();
                stream.awaitEnd();
            }
            shop.context.start();
            try (Stream stream = Stream.open(shop.base() + "/asyncslots/feed")) {
                assertThat(stream.next(overview -> true).path("running").asBoolean())
                        .isTrue();
            }
        }
    }

    /**
     * A browser may send the next request before the server has quite ended the last one: here it comes too early for certain.
     * Reactor Netty 1.3.6 and 1.3.7 answer it, and then read nothing more from the connection.
     */
    @Test
    void earlyRequest_doesNotSilenceItsConnection() throws Exception {
        String host = " HTTP/1.1\r\nHost: localhost\r\n\r\n";
        try (Shop shop = Shop.start(type);
                Socket socket = new Socket("localhost", URI.create(shop.base()).getPort())) {
            socket.setSoTimeout(60_000);
            String early = "GET /actuator/asyncslots" + host + "GET /asyncslots/icon.svg" + host;
            socket.getOutputStream().write(early.getBytes(StandardCharsets.US_ASCII));
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            awaitLine(lines, "HTTP/1.1 200");
            awaitLine(lines, "HTTP/1.1 200");
            socket.getOutputStream().write(("GET /asyncslots/theme.js" + host).getBytes(StandardCharsets.US_ASCII));
            awaitLine(lines, "HTTP/1.1 200");
        }
    }

    private static void awaitLine(BufferedReader lines, String wanted) throws IOException {
        for (String line = lines.readLine(); ; line = lines.readLine()) {
            assertThat(line).as("the connection is open").isNotNull();
            if (line.contains(wanted)) {
                return;
            }
        }
    }

    static JsonNode session(Shop shop, String path) throws Exception {
        HttpResponse<String> answer = shop.get(path + "/session");
        assertThat(answer.statusCode()).isEqualTo(200);
        return JsonMapper.shared().readTree(answer.body());
    }

    static JsonNode map(JsonNode overview, String name) {
        for (JsonNode map : overview.path("maps")) {
            if (map.path("name").asString().equals(name)) {
                return map;
            }
        }
        throw new IllegalStateException("no map " + name + " in " + overview);
    }

    private static int sum(JsonNode counts) {
        int sum = 0;
        for (JsonNode count : counts) {
            sum += count.asInt();
        }
        return sum;
    }
}
