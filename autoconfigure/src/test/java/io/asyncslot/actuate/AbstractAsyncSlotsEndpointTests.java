package io.asyncslot.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.jayway.jsonpath.JsonPath;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.annotation.WorkSlot;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.json.JsonContent;
import org.springframework.test.json.JsonContentAssert;

/** The endpoint over HTTP, on Spring MVC and on WebFlux alike: each is one subclass. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractAsyncSlotsEndpointTests {

    private final WebApplicationType type;
    private ConfigurableApplicationContext context;
    private AsyncSlotRegistry registry;
    private TimerSlots<String> carts;

    AbstractAsyncSlotsEndpointTests(WebApplicationType type) {
        this.type = type;
    }

    @BeforeAll
    void start() {
        context = run();
        registry = context.getBean(AsyncSlotRegistry.class);
    }

    final ConfigurableApplicationContext run(String... properties) {
        return new SpringApplicationBuilder(Application.class)
                .web(type)
                .properties(
                        "server.port=0",
                        "management.endpoints.web.exposure.include=asyncslots",
                        "spring.main.banner-mode=off")
                .properties(properties)
                .run();
    }

    @BeforeEach
    void arm() {
        carts = registry.timers("cart", String.class);
    }

    @AfterEach
    void clear() {
        registry.map("cart").orElseThrow().scan(10_000, null, slot -> carts.delete((String) slot.key()));
    }

    @AfterAll
    void stop() {
        context.close();
    }

    @Test
    void list_showsBackendsAndMaps() throws Exception {
        carts.start("c1");
        awaitRest();
        JsonContentAssert json = ok(get(""));
        json.extractingPath("$.running").isEqualTo(true);
        json.extractingPath("$.backend.requested").isEqualTo("jvm");
        json.extractingPath("$.backends[0].name").isEqualTo("jvm");
        json.extractingPath("$.backends[0].available").isEqualTo(true);
        json.extractingPath("$.maps.cart.type").isEqualTo("TIMER");
        json.extractingPath("$.maps.cart.keyType").isEqualTo("java.lang.String");
        json.extractingPath("$.maps.cart.whenIdle").isEqualTo("KEEP");
        json.extractingPath("$.maps.cart.keepsFailed").isEqualTo(false);
        json.extractingPath("$.maps.nudge.whenIdle").isEqualTo("FREE");
        json.extractingPath("$.maps.cart.backend").isEqualTo("jvm");
        json.extractingPath("$.maps.cart.slots").isEqualTo(1);
        json.extractingPath("$.maps.cart.armed").isEqualTo(1);
        json.extractingPath("$.maps.cart.running").isEqualTo(0);
        json.extractingPath("$.maps.cart.references").isEqualTo(1);
        json.hasPath("$.maps.cart.fired");
        json.hasPath("$.maps.cart.deletedArmed");
        json.hasPath("$.maps.cart.coalesced");
        json.hasPath("$.maps.cart.failed");
        json.hasPath("$.maps.cart.late.p50");
        json.hasPath("$.maps.cart.late.p99");
        json.hasPath("$.maps.cart.late.max");
        json.extractingPath("$.maps.reindex.type").isEqualTo("WORK");
    }

    @Test
    void list_showsTheLeversOfTheTimerThread() throws Exception {
        JsonContentAssert json = ok(get(""));
        for (String lever : new String[] {"timerSlack", "slice", "spin", "wakeInterval"}) {
            json.hasPath("$.backends[0].details." + lever + ".active");
            json.hasPath("$.backends[0].details." + lever + ".state");
        }
        json.extractingPath("$.backends[0].details.timerSlack.asked").isEqualTo("1 ns");
        json.extractingPath("$.backends[0].details.slice.asked").isEqualTo("100 us where possible");
        json.extractingPath("$.backends[0].details.spin.asked").isEqualTo("off");
        json.extractingPath("$.backends[0].details.wakeInterval.asked").isEqualTo("80 us");
    }

    @Test
    void map_showsItsSlots_filteredAndBounded() throws Exception {
        for (int i = 0; i < 120; i++) {
            carts.start("a" + i);
        }
        carts.start("b");
        carts.cancel("b");
        JsonContentAssert all = ok(get("/cart"));
        all.extractingPath("$.slots.length()").isEqualTo(100);
        all.extractingPath("$.limit").isEqualTo(100);
        all.extractingPath("$.truncated").isEqualTo(true);
        all.extractingPath("$.stats.slots").isEqualTo(121);
        ok(get("/cart?limit=1000")).extractingPath("$.slots.length()").isEqualTo(121);
        JsonContentAssert idle = ok(get("/cart?state=idle"));
        idle.extractingPath("$.slots.length()").isEqualTo(1);
        idle.extractingPath("$.slots[0].key").isEqualTo("b");
        idle.extractingPath("$.truncated").isEqualTo(false);
        ok(get("/cart?prefix=a11")).extractingPath("$.slots.length()").isEqualTo(11);
        ok(get("/cart?state=ARMED&prefix=b")).extractingPath("$.slots.length()").isEqualTo(0);
        awaitRest();
        ok(get("/cart?state=READY&limit=3")).extractingPath("$.slots.length()").isEqualTo(3);
    }

    @Test
    void slot_showsStateAndHistory() throws Exception {
        carts.start("c1", Duration.ofMinutes(1));
        long first = carts.find("c1").orElseThrow().generation();
        carts.start("c1");
        carts.touch("c1", Duration.ofMinutes(2));
        awaitRest();
        JsonContentAssert json = ok(get("/cart/c1"));
        json.extractingPath("$.key").isEqualTo("c1");
        json.extractingPath("$.state").isEqualTo("READY");
        json.extractingPath("$.runState").isEqualTo("ARMED");
        json.extractingPath("$.armed").isEqualTo(true);
        json.extractingPath("$.references").isEqualTo(1);
        json.extractingPath("$.generation").isEqualTo(first + 1);
        json.extractingPath("$.deadline").asString().endsWith("Z");
        json.extractingPath("$.timeLeft").asString().startsWith("PT1M");
        json.doesNotHavePath("$.lastFiring");
        json.extractingPath("$.history[0].cause").isEqualTo("start");
        json.extractingPath("$.history[0].outcome").isEqualTo("STARTED");
        json.doesNotHavePath("$.history[0].detail"); // it was armed with another delay since
        json.extractingPath("$.history[1].outcome").isEqualTo("REARMED");
        json.extractingPath("$.history[1].detail").asString().startsWith("PT30M");
        json.extractingPath("$.history[2].outcome").isEqualTo("MOVED");
        json.extractingPath("$.history[2].detail").asString().startsWith("PT2M");
    }

    @Test
    void slot_whoseCallbackRuns_isBusy() throws Exception {
        Application application = context.getBean(Application.class);
        application.gate = new CountDownLatch(1);
        carts.start("busy", Duration.ZERO);
        await().until(() -> carts.stats().running() == 1);
        JsonContentAssert json = ok(get("/cart/busy"));
        json.extractingPath("$.state").isEqualTo("BUSY");
        json.extractingPath("$.running").isEqualTo(true);
        ok(get("/cart?state=running")).extractingPath("$.slots.length()").isEqualTo(1);
        application.gate.countDown();
        await().until(() -> carts.stats().running() == 0);
    }

    static void awaitFailure(TimerSlots<String> slots, String key) {
        await().until(() -> slots.find(key)
                .map(SlotSnapshot::lastFiring)
                .filter(firing -> firing.failure() != null)
                .isPresent());
    }

    @Test
    void failure_isMaskedUnlessValuesAreShown() throws Exception {
        carts.start("fail", Duration.ZERO);
        awaitFailure(carts, "fail");
        ok(get("/cart/fail")).extractingPath("$.lastFiring.failure").isEqualTo("******");
    }

    @Test
    void everyKey_isFoundByTheParameter_asItIs() throws Exception {
        for (String key : SlotKeys.HOSTILE) {
            carts.start(key);
            ok(get("/cart?key=" + SlotKeys.escaped(key)))
                    .extractingPath("$.key")
                    .isEqualTo(key);
        }
    }

    @Test
    void keyThatIsOneElementOfAPath_isFoundByThePath() throws Exception {
        for (String key : new String[] {"Grüße 東京", "50% off+", "..dots..", "x?y#z&q=1", "a;v=1", "a,b"}) {
            carts.start(key);
            ok(get("/cart/" + SlotKeys.escaped(key))).extractingPath("$.key").isEqualTo(key);
        }
    }

    @Test
    void keyThatAPathCannotCarry_isNotTakenForAnother() throws Exception {
        carts.start("a/b");
        carts.start("a");
        carts.start("b");
        for (String path : List.of("/cart/a/b", "/cart/a//b", "/cart//a", "/cart/a/", "/cart/a/b/", "/cart//a//")) {
            assertThat(get(path).status()).as(path).isEqualTo(404);
        }
    }

    @Test
    void twoKeys_areRefused() throws Exception {
        carts.start("a");
        carts.start("b");
        carts.start("a,b");
        problem(get("/cart?key=a&key=b"), 400, "a request names one key, but this names [a, b]");
        problem(get("/cart/a?key=b"), 400, "a request names one key, but this names [a, b]");
        problem(
                get("/cart?key=a&limit=3"),
                400,
                "'key' selects one slot, and cannot be combined with 'state', 'prefix', 'within', 'sort', 'page' or 'limit'");
    }

    @Test
    void overdueAndDueWithin_areListed_byDeadlineAndInPages() throws Exception {
        carts.pause();
        try {
            for (int i = 0; i < 30; i++) {
                carts.start("later" + i, Duration.ofHours(2 + i));
            }
            for (int i = 29; i >= 0; i--) { // what is started later has a longer delay: its deadline is later
                carts.start("due" + i, Duration.ofMillis(30 - i));
            }
            carts.start("soon", Duration.ofMinutes(20));
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(keys("/cart?state=overdue")).hasSize(30));
            assertThat(keys("/cart?state=overdue&sort=deadline&limit=3")).containsExactly("due29", "due28", "due27");
            JsonContentAssert second = ok(get("/cart?state=overdue&sort=deadline&limit=3&page=1"));
            second.extractingPath("$.page").isEqualTo(1);
            second.extractingPath("$.truncated").isEqualTo(true);
            assertThat(keys("/cart?state=overdue&sort=deadline&limit=3&page=1"))
                    .containsExactly("due26", "due25", "due24");
            ok(get("/cart?state=overdue&sort=deadline&limit=3&page=9"))
                    .extractingPath("$.truncated")
                    .isEqualTo(false);
            ok(get("/cart?state=overdue&sort=deadline&limit=3&page=10"))
                    .extractingPath("$.slots.length()")
                    .isEqualTo(0);
            assertThat(keys("/cart?within=30m&sort=deadline")).hasSize(31).endsWith("soon");
            assertThat(keys("/cart?sort=deadline&prefix=later&limit=2")).containsExactly("later0", "later1");
        } finally {
            carts.resume();
        }
    }

    @Test
    void failed_isListed() throws Exception {
        carts.start("fail", Duration.ZERO);
        carts.start("well", Duration.ZERO);
        await().until(() -> read(get("/cart?state=failed"), "$.slots.length()").equals(1));
        assertThat(keys("/cart?state=failed&sort=failed")).containsExactly("fail");
    }

    @Test
    void running_isListedByItsLength() throws Exception {
        Application application = context.getBean(Application.class);
        application.gate = new CountDownLatch(1);
        for (String key : List.of("busy3", "busy1", "busy2")) {
            long before = carts.stats().running();
            carts.start(key, Duration.ZERO);
            await().until(() -> carts.stats().running() == before + 1);
        }
        assertThat(keys("/cart?sort=running")).containsExactly("busy3", "busy1", "busy2");
        application.gate.countDown();
        await().until(() -> carts.stats().running() == 0);
    }

    @Test
    void paused_isListed_withWhoPausedIt() throws Exception {
        carts.start("p2");
        carts.start("p1");
        carts.start("other");
        new SlotCause(SlotCause.Type.ENDPOINT, "user alice").during(() -> carts.pause("p1"));
        carts.pause("p2");
        assertThat(keys("/cart?state=paused&sort=paused")).containsExactly("p1", "p2");
        ok(get("/cart?state=paused&sort=paused"))
                .extractingPath("$.slots[0].pausedBy")
                .isEqualTo("the endpoint (user alice)");
    }

    @Test
    void unknownMapOrKey_isNotFoundAndNotMade() throws Exception {
        problem(get("/nosuch"), 404, "there is no slot map 'nosuch'");
        problem(get("/nosuch/k"), 404, "there is no slot 'k' in a slot map 'nosuch'");
        problem(get("/cart/k"), 404, "there is no slot 'k' in a slot map 'cart'");
        problem(get("/reindex/notanumber"), 404, "there is no slot 'notanumber' in a slot map 'reindex'");
        assertThat(registry.map("nosuch")).isEmpty();
        assertThat(carts.find("k")).isEmpty();
    }

    @Test
    void badInput_isRefusedWithTheRule() throws Exception {
        problem(get("/cart?limit=0"), 400, "'limit' must be 1 to 1000: 0");
        problem(get("/cart?limit=1001"), 400, "'limit' must be 1 to 1000: 1001");
        problem(get("/cart?limit=many"), 400, "'limit' must be 1 to 1000: 'many'");
        problem(
                get("/cart?state=asleep"),
                400,
                "'state' must be one of [ALL, READY, BUSY, FREED, IDLE, ARMED, RUNNING, RUNNING_ARMED, OVERDUE, PAUSED, FAILED]:"
                        + " 'asleep'");
        problem(get("/cart?sort=size"), 400, "'sort' must be one of [DEADLINE, RUNNING, PAUSED, FAILED]: 'size'");
        problem(
                get("/cart?within=soon"),
                400,
                "'within' must be a duration such as 30m, 500ms or PT30S, not negative: 'soon'");
        problem(get("/cart?page=1"), 400, "'page' requires 'sort': without an order there are no pages");
        problem(get("/cart?sort=deadline&page=1000"), 400, "'page' must be 0 to 999: 1000");
        problem(get("/cart?sort=deadline&page=-1"), 400, "'page' must be 0 to 999: -1");
    }

    @Test
    void writing_isNotPossible() throws Exception {
        HttpRequest delete =
                HttpRequest.newBuilder(uri(context, "/cart/c1")).DELETE().build();
        carts.start("c1");
        assertThat(client().send(delete, BodyHandlers.ofString()).statusCode()).isEqualTo(405);
        assertThat(carts.find("c1")).isPresent();
    }

    /**
     * Waits until no command is in flight: a slot at rest has the map's own reference only. Commands that are not
     * urgent wait for the next deadline, so there is one.
     */
    private void awaitRest() {
        registry.timers("nudge", String.class).start("now", Duration.ZERO);
        await().until(() -> carts.stats().references() == carts.stats().slots());
    }

    record Answer(int status, String body) {}

    private List<String> keys(String path) throws Exception {
        return JsonPath.read(get(path).body(), "$.slots[*].key");
    }

    private static Object read(Answer answer, String path) {
        return JsonPath.read(answer.body(), path);
    }

    private Answer get(String path) throws IOException, InterruptedException {
        return get(context, path);
    }

    final Answer get(ConfigurableApplicationContext where, String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri(where, path)).build();
        var response = client().send(request, BodyHandlers.ofString(StandardCharsets.UTF_8));
        return new Answer(response.statusCode(), response.body());
    }

    private static URI uri(ConfigurableApplicationContext where, String path) {
        String port = where.getEnvironment().getProperty("local.server.port");
        return URI.create("http://localhost:" + port + "/actuator/asyncslots" + path);
    }

    static JsonContentAssert ok(Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return assertThat(new JsonContent(answer.body()));
    }

    private static void problem(Answer answer, int status, String error) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(new JsonContent(answer.body())).extractingPath("$.error").isEqualTo(error);
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        volatile CountDownLatch gate = new CountDownLatch(0);

        @TimerSlot(map = "cart", delay = "30m", whenIdle = WhenIdle.KEEP)
        void expired(String id) throws InterruptedException {
            gate.await();
            if (id.equals("fail")) {
                throw new IllegalStateException("secret of " + id);
            }
        }

        @TimerSlot(map = "nudge")
        void nudged(String id) {}

        @WorkSlot(map = "reindex")
        void reindex(Long product) {}
    }

    /** A client for one request: one that kept its connections waited for an answer of WebFlux without end, now and then. */
    private static HttpClient client() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }
}
