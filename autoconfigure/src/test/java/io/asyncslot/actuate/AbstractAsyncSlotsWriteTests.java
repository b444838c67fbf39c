package io.asyncslot.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.RunState;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkSlots;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.annotation.WorkSlot;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.test.json.JsonContent;
import org.springframework.test.json.JsonContentAssert;

/** Writing by the endpoint over HTTP, on Spring MVC and on WebFlux alike: each is one subclass. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractAsyncSlotsWriteTests {

    private final WebApplicationType type;
    private ConfigurableApplicationContext context;
    private Application application;
    private TimerSlots<String> carts;
    private WorkSlots<Long> reindex;

    AbstractAsyncSlotsWriteTests(WebApplicationType type) {
        this.type = type;
    }

    @BeforeAll
    void start() {
        context = new SpringApplicationBuilder(Application.class)
                .web(type)
                .properties(
                        "server.port=0",
                        "management.endpoints.web.exposure.include=asyncslots",
                        "management.endpoint.asyncslots.access=unrestricted",
                        "spring.main.banner-mode=off")
                .run();
        application = context.getBean(Application.class);
        AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
        carts = registry.timers("cart", String.class);
        reindex = registry.works("reindex", Long.class);
    }

    @AfterEach
    void clear() {
        carts.resume();
        carts.scan(10_000, null, slot -> carts.delete((String) slot.key()));
        application.fired.clear();
        application.audited.clear();
    }

    @AfterAll
    void stop() {
        context.close();
    }

    @Test
    void aSemicolonInThePath_namesNoOtherSlot() throws Exception {
        carts.start("a");
        carts.start("a;b");
        for (String path : List.of("/cart/a;b", "/cart;v=1/a", "/cart/;b", "/cart/a;", "/c%61rt/a;v=1;w=2")) {
            for (String method : List.of("DELETE", "GET")) {
                HttpResponse<String> answer = send(path, method, "");
                assertThat(answer.statusCode())
                        .as("%s %s: %s", method, path, answer.body())
                        .isEqualTo(400);
                assertThat(answer.body()).contains("%3B", "'key'");
            }
            assertThat(post(path, "{\"action\":\"cancel\"}").statusCode()).isEqualTo(400);
        }
        assertThat(carts.find("a")).as("not the one that was named").isPresent();
        outcome(send("/cart/a%3Bb", "DELETE", ""), "DELETED_ARMED");
        assertThat(carts.find("a;b")).isEmpty();
        carts.start("a;b");
        outcome(send("/cart?key=a;b", "DELETE", ""), "DELETED_ARMED");
        assertThat(carts.find("a")).isPresent();
    }

    // ---- one slot -------------------------------------------------------------------------------------------------

    @Test
    void start_makesOrRearms_withItsDelayOrThatOfTheMap() throws Exception {
        JsonContentAssert json = ok(post("/cart/c1", "{\"action\":\"start\",\"delay\":\"10s\"}"));
        json.extractingPath("$.map").isEqualTo("cart");
        json.extractingPath("$.key").isEqualTo("c1");
        json.extractingPath("$.action").isEqualTo("start");
        json.extractingPath("$.outcome").isEqualTo("STARTED");
        json.extractingPath("$.explanation[0]")
                .asString()
                .startsWith("Armed at ")
                .contains(" by the endpoint for PT10");
        assertThat(carts.find("c1").orElseThrow().timeLeft()).isBetween(Duration.ZERO, Duration.ofSeconds(10));
        outcome(post("/cart/c1", "{\"action\":\"START\"}"), "REARMED");
        assertThat(carts.find("c1").orElseThrow().timeLeft()).isGreaterThan(Duration.ofMinutes(29));
        outcome(post("/reindex/42", "{\"action\":\"start\"}"), "SUBMITTED");
        await().until(() -> application.fired.contains("42"));
    }

    @Test
    void cancel_disarms_andTheExplanationSaysIt() throws Exception {
        carts.start("c1");
        outcome(post("/cart/c1", "{\"action\":\"cancel\"}"), "CANCELLED");
        outcome(post("/cart/c1", "{\"action\":\"cancel\"}"), "NOT_ARMED");
        assertThat(carts.find("c1").orElseThrow().runState()).isEqualTo(RunState.IDLE);
        JsonContentAssert json = ok(get("/cart/c1"));
        json.extractingPath("$.explanation[0]")
                .asString()
                .startsWith("Nothing is pending: cancelled at ")
                .endsWith(" by the endpoint.");
        json.extractingPath("$.history[1].cause").isEqualTo("cancel");
        json.extractingPath("$.history[1].by").isEqualTo("the endpoint");
    }

    @Test
    void fire_makesDueWhatIsPending_andStartsWhatIsNot() throws Exception {
        carts.start("c1");
        outcome(post("/cart/c1", "{\"action\":\"fire\"}"), "MOVED");
        await().until(() -> application.fired.contains("c1"));
        application.fired.clear();
        await().until(() -> carts.stats().running() == 0);
        outcome(post("/cart/c1", "{\"action\":\"fire\"}"), "STARTED");
        await().until(() -> application.fired.contains("c1"));
    }

    @Test
    void pauseAndResume_holdBackAndLetGo() throws Exception {
        carts.start("c1", Duration.ofMinutes(5));
        outcome(post("/cart/c1", "{\"action\":\"pause\"}"), "PAUSED");
        outcome(post("/cart/c1", "{\"action\":\"pause\"}"), "ALREADY_PAUSED");
        ok(get("/cart/c1")).extractingPath("$.pausedSince").asString().endsWith("Z");
        ok(get("/cart")).extractingPath("$.stats.paused").isEqualTo(1);
        outcome(post("/cart/c1", "{\"action\":\"fire\"}"), "MOVED");
        outcome(post("/cart/c2", "{\"action\":\"start\",\"delay\":\"0s\"}"), "STARTED");
        await().until(() -> application.fired.contains("c2"));
        assertThat(application.fired).containsExactly("c2");
        ok(get("/cart/c1"))
                .extractingPath("$.explanation")
                .asArray()
                .anySatisfy(sentence -> assertThat(sentence).asString().endsWith("it waits for a resume."));
        outcome(post("/cart/c1", "{\"action\":\"resume\"}"), "RESUMED");
        await().until(() -> application.fired.contains("c1"));
        outcome(post("/cart/c1", "{\"action\":\"resume\"}"), "NOT_PAUSED");
    }

    @Test
    void delete_frees_andWhatIsGoneIsExplained() throws Exception {
        context.getBean(CartService.class).onRequest("c1");
        outcome(send("/cart/c1", "DELETE", ""), "DELETED_ARMED");
        assertThat(carts.find("c1")).isEmpty();
        HttpResponse<String> gone = get("/cart/c1");
        problem(gone, 404, "there is no slot 'c1' in a slot map 'cart'");
        JsonContentAssert json = assertThat(new JsonContent(gone.body()));
        json.extractingPath("$.explanation[0]")
                .asString()
                .startsWith("Deleted at ")
                .endsWith(" by the endpoint.");
        json.extractingPath("$.explanation[1]")
                .asString()
                .contains(" by @StartSlot AbstractAsyncSlotsWriteTests.CartService.onRequest for PT30M");
        problem(send("/cart/c1", "DELETE", ""), 404, "there is no slot 'c1' in a slot map 'cart'");
    }

    @Test
    void everyKey_isWrittenAndDeletedByTheParameter_asItIs() throws Exception {
        for (String key : SlotKeys.HOSTILE) {
            String path = "/cart?key=" + SlotKeys.escaped(key);
            ok(post(path, "{\"action\":\"start\"}")).extractingPath("$.key").isEqualTo(key);
            assertThat(carts.find(key)).as(key).isPresent();
            outcome(send(path, "DELETE", ""), "DELETED_ARMED");
            assertThat(carts.find(key)).as(key).isEmpty();
        }
    }

    @Test
    void key_goesIntoTheBodyOfAPostToo() throws Exception {
        ok(post("/cart", "{\"action\":\"start\",\"key\":\"http://x//y/\"}"))
                .extractingPath("$.key")
                .isEqualTo("http://x//y/");
        assertThat(carts.find("http://x//y/")).isPresent();
    }

    @Test
    void keyThatIsOneElementOfAPath_isWrittenAndDeletedByThePath() throws Exception {
        for (String key : List.of("Grüße 東京", "50% off+", "x?y#z&q=1", "a;v=1")) {
            String path = "/cart/" + SlotKeys.escaped(key);
            ok(post(path, "{\"action\":\"start\"}")).extractingPath("$.key").isEqualTo(key);
            outcome(send(path, "DELETE", ""), "DELETED_ARMED");
            assertThat(carts.find(key)).isEmpty();
        }
    }

    @Test
    void keyThatAPathCannotCarry_neverDeletesAnother() throws Exception {
        List<String> keys = List.of("a", "b", "a/b", "a//b", "/a", "a/");
        keys.forEach(carts::start);
        for (String path : List.of("/cart/a//b", "/cart/a/b", "/cart//a", "/cart/a/", "/cart/a//")) {
            assertThat(send(path, "DELETE", "").statusCode()).as(path).isEqualTo(404);
            assertThat(post(path, "{\"action\":\"delete\"}").statusCode())
                    .as(path)
                    .isEqualTo(404);
        }
        assertThat(send("/cart/a?key=b", "DELETE", "").statusCode()).isEqualTo(400);
        assertThat(send("/cart?key=a&key=b", "DELETE", "").statusCode()).isEqualTo(400);
        assertThat(keys).allSatisfy(key -> assertThat(carts.find(key)).as(key).isPresent());
    }

    // ---- a map ----------------------------------------------------------------------------------------------------

    @Test
    void prefix_concernsTheSlotsItWouldChange_boundedAndCounted() throws Exception {
        for (int i = 0; i < 12; i++) {
            carts.start("a" + i);
        }
        carts.start("b");
        JsonContentAssert first = ok(post("/cart", "{\"action\":\"cancel\",\"prefix\":\"a\",\"limit\":10}"));
        first.extractingPath("$.outcomes.CANCELLED").isEqualTo(10);
        first.extractingPath("$.more").isEqualTo(true);
        JsonContentAssert second = ok(post("/cart", "{\"action\":\"cancel\",\"prefix\":\"a\",\"limit\":10}"));
        second.extractingPath("$.outcomes.CANCELLED").isEqualTo(2);
        second.extractingPath("$.more").isEqualTo(false);
        assertThat(carts.find("b").orElseThrow().runState()).isEqualTo(RunState.ARMED);
        ok(post("/cart", "{\"action\":\"pause\",\"prefix\":\"a1\"}"))
                .extractingPath("$.outcomes.PAUSED")
                .isEqualTo(3);
        ok(post("/cart", "{\"action\":\"resume\",\"prefix\":\"\"}"))
                .extractingPath("$.outcomes.RESUMED")
                .isEqualTo(3);
        ok(post("/cart", "{\"action\":\"fire\",\"prefix\":\"\"}"))
                .extractingPath("$.outcomes")
                .asMap()
                .isEqualTo(java.util.Map.of("MOVED", 1));
        await().until(() -> application.fired.contains("b"));
        ok(post("/cart", "{\"action\":\"delete\",\"prefix\":\"\",\"limit\":1000}"))
                .extractingPath("$.outcomes.DELETED")
                .isEqualTo(13);
        assertThat(carts.stats().slots()).isZero();
    }

    @Test
    void map_isPausedAsAWhole_slotsMadeLaterIncluded() throws Exception {
        ok(post("/cart", "{\"action\":\"pause\"}"))
                .extractingPath("$.outcomes.PAUSED")
                .isEqualTo(1);
        assertThat(carts.isPaused()).isTrue();
        ok(get("")).extractingPath("$.maps.cart.pausedSince").asString().endsWith("Z");
        ok(get("")).extractingPath("$.maps.cart.pausedBy").isEqualTo("the endpoint");
        ok(get("/cart")).extractingPath("$.stats.pausedBy").isEqualTo("the endpoint");
        carts.start("later", Duration.ZERO);
        ok(get("/cart/later"))
                .extractingPath("$.explanation")
                .asArray()
                .anySatisfy(sentence -> assertThat(sentence).asString().startsWith("The whole map is paused since "));
        assertThat(application.fired).isEmpty();
        ok(post("/cart", "{\"action\":\"resume\"}"))
                .extractingPath("$.outcomes.RESUMED")
                .isEqualTo(1);
        await().until(() -> application.fired.contains("later"));
    }

    // ---- what is wrong --------------------------------------------------------------------------------------------

    @Test
    void unknownMapOrKey_isNotFoundAndNotMade() throws Exception {
        problem(post("/nosuch", "{\"action\":\"pause\"}"), 404, "there is no slot map 'nosuch'");
        problem(post("/nosuch/k", "{\"action\":\"start\"}"), 404, "there is no slot 'k' in a slot map 'nosuch'");
        for (String action : List.of("cancel", "fire", "pause", "resume", "delete")) {
            problem(
                    post("/cart/k", "{\"action\":\"" + action + "\"}"),
                    404,
                    "there is no slot 'k' in a slot map 'cart'");
        }
        assertThat(carts.find("k")).isEmpty();
    }

    @Test
    void badInput_isRefusedWithTheRule_andNothingChanges() throws Exception {
        String actions = "'action' must be one of [start, cancel, fire, pause, resume, delete, retry, forget]";
        problem(post("/cart/k", "{}"), 400, actions);
        problem(post("/cart/k", "{\"action\":\"explode\"}"), 400, actions + ": 'explode'");
        for (String delay : List.of("soon", "-5s")) {
            problem(
                    post("/cart/k", "{\"action\":\"start\",\"delay\":\"" + delay + "\"}"),
                    400,
                    "'delay' must be a duration such as 30m, 500ms or PT30S, not negative: '" + delay + "'");
        }
        problem(
                post("/cart/k", "{\"action\":\"fire\",\"delay\":\"1s\"}"),
                400,
                "'delay' is allowed with the action start only: 'fire'");
        problem(
                post("/reindex/1", "{\"action\":\"start\",\"delay\":\"1s\"}"),
                400,
                "'delay' must not be given: map 'reindex' is a work map");
        problem(
                post("/reindex/one", "{\"action\":\"start\"}"),
                400,
                "'one' is no key of map 'reindex': those are of type java.lang.Long");
        carts.start("k");
        for (String action : List.of("retry", "forget")) {
            problem(
                    post("/cart/k", "{\"action\":\"" + action + "\"}"),
                    400,
                    "the action " + action
                            + " needs a backend that keeps failed firings, such as cluster, but map 'cart'"
                            + " is on 'jvm': start the slot instead");
        }
        carts.delete("k");
        problem(
                post("/bare/k", "{\"action\":\"start\"}"),
                400,
                "map 'bare' has no default delay: set one, or start its keys with a delay");
        problem(
                post("/cart", "{\"action\":\"start\"}"),
                400,
                "the action start needs a key: POST to the slot, not to its map");
        problem(
                post("/cart", "{\"action\":\"delete\"}"),
                400,
                "the action delete on a map needs a 'prefix' of keys; the empty one is that of all");
        problem(
                post("/cart", "{\"action\":\"delete\",\"prefix\":\"\",\"limit\":5000}"),
                400,
                "'limit' must be 1 to 1000: 5000");
        problem(
                send("/cart", "DELETE", ""),
                400,
                "a key is required: to delete slots of a whole map, POST the action delete with a 'prefix'");
        assertThat(carts.stats().slots()).isZero();
        assertThat(reindex.find(1L)).isEmpty();
    }

    // ---- who did it -----------------------------------------------------------------------------------------------

    @Test
    void everyWrite_leavesAnAuditEvent_withTheKeyAsSanitized() throws Exception {
        post("/cart/c1", "{\"action\":\"start\"}");
        post("/cart/card-4711", "{\"action\":\"cancel\"}");
        post("/cart/c1", "{\"action\":\"explode\"}");
        post("/cart", "{\"action\":\"pause\",\"prefix\":\"\"}");
        assertThat(application.audited)
                .allSatisfy(event -> {
                    assertThat(event.getType()).isEqualTo("ASYNCSLOT_WRITE");
                    assertThat(event.getPrincipal()).isEmpty();
                    assertThat(event.getData()).containsEntry("map", "cart");
                })
                .extracting(event -> event.getData().get("action") + " "
                        + event.getData().getOrDefault("key", "-") + " "
                        + event.getData().get("outcome"))
                .containsExactly(
                        "start c1 STARTED", "cancel ****** NOT_FOUND", "explode c1 REFUSED", "pause - {PAUSED=1}");
    }

    // ---------------------------------------------------------------------------------------------------------------

    private HttpResponse<String> get(String path) throws Exception {
        return send(path, "GET", "");
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return send(path, "POST", body);
    }

    private HttpResponse<String> send(String path, String method, String body) throws Exception {
        return exchange(context, path, method, body);
    }

    private HttpResponse<String> exchange(ConfigurableApplicationContext where, String path, String method, String body)
            throws Exception {
        String port = where.getEnvironment().getProperty("local.server.port");
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://localhost:" + port + "/actuator/asyncslots" + path))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .header("Content-Type", "application/json")
                .build();
        return client().send(request, BodyHandlers.ofString(StandardCharsets.UTF_8));
    }

    private static JsonContentAssert ok(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return assertThat(new JsonContent(answer.body()));
    }

    private static void outcome(HttpResponse<String> answer, String outcome) {
        ok(answer).extractingPath("$.outcome").isEqualTo(outcome);
    }

    private static void problem(HttpResponse<String> answer, int status, String error) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(new JsonContent(answer.body())).extractingPath("$.error").isEqualTo(error);
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        final Queue<String> fired = new ConcurrentLinkedQueue<>();
        final Queue<AuditEvent> audited = new ConcurrentLinkedQueue<>();

        @TimerSlot(map = "cart", delay = "30m", whenIdle = WhenIdle.KEEP)
        void expired(String id) {
            fired.add(id);
        }

        @TimerSlot(map = "bare")
        void bare(String id) {}

        @WorkSlot(map = "reindex", whenIdle = WhenIdle.KEEP)
        void reindex(Long product) {
            fired.add(product.toString());
        }

        @EventListener
        void audited(AuditApplicationEvent event) {
            audited.add(event.getAuditEvent());
        }

        @Bean
        CartService cartService() {
            return new CartService();
        }

        @Bean
        SanitizingFunction cards() {
            return data -> data.getKey().equals("key")
                            && String.valueOf(data.getValue()).startsWith("card-")
                    ? data.withSanitizedValue()
                    : data;
        }
    }

    static class CartService {

        @StartSlot(map = "cart", key = "#id")
        public void onRequest(String id) {}
    }

    /** A client for one request: one that kept its connections waited for an answer of WebFlux without end, now and then. */
    private static HttpClient client() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }
}
