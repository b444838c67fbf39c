package io.asyncslot.dashboard;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import io.asyncslot.RunState;
import io.asyncslot.SlotCause;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.boot.WebApplicationType;

/**
 * The dashboard in a real browser, on Spring MVC and on WebFlux alike: each is one subclass. After each test the page has run
 * without an error, without a violation of its content security policy, and without a request to anybody else.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractBrowserTests {

    private static final Path BROWSER = Path.of("/usr/bin/chromium");
    private static final String BUNDLED_NODE = "driver/linux";
    private static final double PATIENCE = 30_000;
    private static final double SEVERAL_LOADS = 90_000;
    private static final int MANY = 1_000_000;
    private static final List<String> RULES = List.of("wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice");

    /** What a browser would run, load or lose if a key were taken for anything but text. */
    private static final List<String> HOSTILE = List.of(
            "<img src=x onerror=\"document.title='hacked'\">",
            "<script>document.title='hacked'</script>",
            "\"><svg onload=document.title='hacked'>",
            "javascript:alert(1)",
            "${document.title='hacked'}",
            "a/../../b?map=x&key=y#z",
            "%3Cb%3E+ %00",
            "");

    private final WebApplicationType type;
    private final Queue<String> troubles = new ConcurrentLinkedQueue<>();
    private Shop shop;
    private Playwright playwright;
    private Browser browser;
    private BrowserContext context;
    private Page page;

    AbstractBrowserTests(WebApplicationType type) {
        this.type = type;
    }

    /** Why there is no browser to test with; null if there is one. */
    private @Nullable String missing() {
        if (!Files.isExecutable(BROWSER)) {
            return "SKIPPED: there is no browser " + BROWSER + " (on Debian: apt-get install chromium)";
        }
        return getClass().getClassLoader().getResource(BUNDLED_NODE) == null
                ? "SKIPPED: Maven's profile 'browser', which brings the browser's driver, is off"
                : null;
    }

    @BeforeAll
    void open() {
        if (missing() != null) {
            return;
        }
        playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(BROWSER)
                        .setArgs(List.of("--no-sandbox")));
        shop = Shop.start(type, "management.endpoint.asyncslots.access=unrestricted");
        com.microsoft.playwright.assertions.PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE);
    }

    @BeforeEach
    void newPage() {
        String missing = missing();
        assumeTrue(missing == null, missing);
        shop.carts().resume();
        shop.carts().scan(10_000, null, slot -> shop.carts().delete((String) slot.key()));
        shop.application().audited.clear();
        troubles.clear();
        context = browser.newContext(
                new Browser.NewContextOptions().setViewportSize(1280, 900).setColorScheme(ColorScheme.LIGHT));
        context.setDefaultTimeout(PATIENCE);
        context.addInitScript("addEventListener('securitypolicyviolation',"
                + " event => console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI));");
        page = context.newPage();
        page.onConsoleMessage(message -> {
            if (message.type().equals("error")) {
                troubles.add(message.text());
            }
        });
        page.onPageError(troubles::add);
        page.onRequest(request -> {
            if (!request.url().startsWith(shop.base() + "/")) {
                troubles.add("request to " + request.url());
            }
        });
    }

    @AfterEach
    void nothingWentWrong() {
        if (context != null) {
            context.close();
            assertThat(troubles).isEmpty();
        }
    }

    @AfterAll
    void close() {
        if (playwright != null) {
            playwright.close();
        }
        if (shop != null) {
            shop.application().hold.countDown();
            shop.close();
        }
    }

    private void go(String query) {
        page.navigate(shop.base() + "/asyncslots/" + query);
        assertThat(page.locator("#live")).hasText("Live");
    }

    /** Takes back what the browser has noted of answers that a test wanted. */
    private void expect(String status) {
        assertThat(troubles).isNotEmpty();
        troubles.removeIf(text -> text.contains("the server responded with a status of " + status));
    }

    /** From now on the viewer may not write. */
    private void readOnly() {
        page.route("**/session", route -> {
            String body = route.fetch().text().replace("\"write\":true", "\"write\":false");
            route.fulfill(new Route.FulfillOptions()
                    .setContentType("application/json")
                    .setBody(body));
        });
    }

    private static String slot(String key) {
        return "?map=cart&key=" + URLEncoder.encode(key, StandardCharsets.UTF_8);
    }

    private Locator button(String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    /** The one that is open: one that was answered goes a frame later. */
    private Locator question() {
        return page.locator("dialog[open]");
    }

    private Locator card(String name) {
        return page.locator(
                        ".card",
                        new Page.LocatorOptions()
                                .setHas(page.locator("dt", new Page.LocatorOptions().setHasText(name))))
                .first()
                .locator("dd")
                .first();
    }

    private void assertAccessible(String what) {
        assertThat(new AxeBuilder(page)
                        .withTags(RULES).analyze().getViolations().stream()
                                .map(violation -> violation.getId() + ": "
                                        + violation.getNodes().stream()
                                                .map(node -> node.getHtml())
                                                .toList())
                                .toList())
                .as(what)
                .isEmpty();
    }

    @Test
    void overview_isLive_andShowsBackends() {
        go("");
        assertThat(card("Armed")).hasText("0");
        shop.carts().start("c1", Duration.ofMinutes(10));
        assertThat(card("Armed")).hasText("1");
        int before = Integer.parseInt(card("Failed").innerText()); // former tests had failures in the last minute
        shop.carts().start("fail", Duration.ZERO);
        page.waitForCondition(() -> Integer.parseInt(card("Failed").innerText()) > before);
        assertThat(page.locator("#lateness-title")).hasText("Lateness");
        assertThat(page.locator("#timeline .bar[height='0']")).not().hasCount(120);
        assertThat(page.locator("h3")).containsText(new String[] {"jvm"});
        assertThat(page).hasTitle("AsyncSlot");
    }

    @Test
    void pages_areAccessible_lightAndDark_wideAndNarrow() {
        shop.carts().start("c1", Duration.ofMinutes(10));
        shop.carts().start("fail", Duration.ZERO);
        shop.carts().start("c2", Duration.ofMinutes(20));
        shop.carts().pause("c2");
        for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
            for (String query : List.of("", "?map=cart&view=all", slot("c1"), slot("none"))) {
                go(query);
                assertThat(page.locator("h1")).isVisible();
                assertThat(page.getByText("Asking the endpoint")).hasCount(0);
                assertAccessible(scheme + " " + query);
            }
        }
        expect("404"); // of the slot that is not there
        page.setViewportSize(420, 800);
        for (String query : List.of("", "?map=cart&view=all", slot("c1"))) {
            go(query);
            assertThat(page.getByText("Asking the endpoint")).hasCount(0);
            assertThat(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                    .as("%s fits", query)
                    .isEqualTo(true);
        }
    }

    /** Around midnight the deadlines of an hour are of two days: the chart keeps to the time of day. */
    @Test
    void deadlinesOfAnotherDay_haveShortNamesInTheChart() {
        page.clock()
                .setFixedTime(System.currentTimeMillis() - Duration.ofDays(2).toMillis());
        shop.carts().start("c1", Duration.ofMinutes(10));
        go("");
        Locator names = page.locator("#timeline text[text-anchor=middle]");
        assertThat(names.first()).hasText(Pattern.compile("\\d\\d:\\d\\d"));
        assertThat(names.allTextContents()).allMatch(name -> name.matches("\\d\\d:\\d\\d"));
        page.getByText("As a table").first().click();
        assertThat(page.locator("details[open] tbody th").first())
                .hasText(Pattern.compile("\\d+ \\w+ \\d+, \\d\\d:\\d\\d:\\d\\d"));
    }

    /** axe can find something. */
    @Test
    void inaccessiblePage_isFound() {
        go("");
        page.evaluate("document.querySelector('#hold').textContent = ''");
        assertThat(new AxeBuilder(page).withTags(RULES).analyze().getViolations())
                .extracting(violation -> violation.getId())
                .contains("button-name");
    }

    @Test
    void hostileKeys_areShown_neverExecuted_andCanBeActedOn() {
        for (String key : HOSTILE) {
            shop.carts().start(key);
        }
        go("?map=cart&view=all");
        assertThat(page.locator("tbody tr")).hasCount(HOSTILE.size());
        assertThat(page.locator("tbody th a").allTextContents().stream()
                        .map(text -> text.equals("empty key") ? "" : text))
                .containsExactlyInAnyOrderElementsOf(HOSTILE);
        assertThat(page.locator("tbody img, tbody script, tbody svg")).hasCount(0);
        for (String key : HOSTILE) {
            go("?map=cart&view=all");
            page.locator("tbody th a")
                    .getByText(key.isEmpty() ? "empty key" : key, new Locator.GetByTextOptions().setExact(true))
                    .click();
            assertThat(page.locator(".story li").first()).containsText("Armed");
            assertThat(page.locator("h1 .code")).hasText(key.isEmpty() ? "empty key" : key);
            button("cancel").click();
            button("Cancel").click();
            assertThat(page.locator("#done")).hasText("cancel: CANCELLED.");
            assertThat(shop.carts().find(key).orElseThrow().runState()).as(key).isEqualTo(RunState.IDLE);
            assertThat(page.title()).doesNotStartWith("hacked");
        }
    }

    @Test
    void list_isSearched_filtered_sorted_andPaged() {
        for (int i = 0; i < 60; i++) {
            shop.carts().start("eu-" + i, Duration.ofMinutes(100 - i));
        }
        shop.carts().start("us-1", Duration.ofMinutes(1));
        shop.carts().start("long-1", Duration.ZERO);
        shop.carts().start("fail-1", Duration.ZERO);
        shop.carts().pause("us-1");
        go("?map=cart");
        assertThat(page.locator("tbody tr")).hasCount(50);
        assertThat(page.locator("tbody th").first()).hasText("us-1");
        page.getByText("Later").click();
        assertThat(page.locator("tbody tr")).hasCount(11);
        assertThat(page.locator("tbody th").last()).hasText("eu-0");
        page.getByLabel("Key begins with").fill("eu-5");
        button("Search").click();
        assertThat(page.locator("tbody tr")).hasCount(11);
        assertThat(page.locator("tbody th").first()).hasText("eu-59");
        Map<String, String> views = Map.of("Paused", "us-1", "Running longest", "long-1", "Failed", "fail-1");
        views.forEach((view, key) -> {
            go("?map=cart");
            page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName(view))
                    .click();
            assertThat(page.locator("tbody th")).hasText(new String[] {key});
        });
        shop.application().hold.countDown();
    }

    @Test
    void millionSlots_areCounted_pagedSearchedAndShown() {
        List<String> keys =
                IntStream.range(0, MANY).mapToObj("m-%07d"::formatted).toList();
        try {
            waitFor(4 * PATIENCE);
            shop.carts().startAll(keys, Duration.ofHours(2));
            shop.carts().start("soon", Duration.ofMinutes(30));
            go("");
            assertThat(card("Armed")).hasText("1,000,001");
            go("?map=cart");
            assertThat(page.locator("tbody tr")).hasCount(50);
            assertThat(page.locator("tbody th").first()).hasText("soon");
            page.getByLabel("Key begins with").fill("m-099999");
            button("Search").click();
            assertThat(page.locator("tbody tr")).hasCount(10);
            page.locator("tbody th a")
                    .getByText("m-0999994", new Locator.GetByTextOptions().setExact(true))
                    .click();
            assertThat(page.locator("h1 .code")).hasText("m-0999994");
            assertThat(page.locator(".story li").first()).containsText("Armed");
        } finally {
            waitFor(PATIENCE);
            keys.forEach(shop.carts()::delete);
        }
    }

    private void waitFor(double millis) {
        com.microsoft.playwright.assertions.PlaywrightAssertions.setDefaultAssertionTimeout(millis);
        context.setDefaultTimeout(millis);
    }

    @Test
    void selection_isActedOn_afterAQuestion_andAudited() {
        for (String key : List.of("a", "b", "c")) {
            shop.carts().start(key);
        }
        go("?map=cart");
        page.getByLabel("Select a", new Page.GetByLabelOptions().setExact(true)).check();
        page.getByLabel("Select c", new Page.GetByLabelOptions().setExact(true)).check();
        shop.carts().start("early", Duration.ofMinutes(1));
        assertThat(card("Armed")).hasText("4"); // drawn again
        assertThat(page.getByLabel("Select a", new Page.GetByLabelOptions().setExact(true)))
                .isChecked();
        assertThat(page.getByLabel("Select b", new Page.GetByLabelOptions().setExact(true)))
                .not()
                .isChecked();
        button("delete").click();
        button("Keep as it is").click();
        assertThat(question()).isHidden();
        assertThat(shop.carts().stats().slots()).isEqualTo(4);
        button("delete").click();
        assertThat(question()).containsText("Delete 2 slots?");
        assertThat(question().locator("p").first()).hasText("a, c");
        button("Delete").click();
        assertThat(page.locator("#done")).hasText("2 of 2 slots: delete: DELETED_ARMED.");
        assertThat(page.locator("tbody th")).hasText(new String[] {"early", "b"});
        assertThat(page.locator("input:checked")).hasCount(0);
        assertThat(shop.application().audited).hasSize(2);

        button("Pause the map").click();
        button("Pause").click();
        assertThat(page.locator("h1")).containsText("paused");
        assertThat(shop.carts().isPaused()).isTrue();
        assertThat(page.locator("dl.cards")).containsText("by the endpoint");
        assertThat(shop.application().audited).hasSize(3);
    }

    /** An answer that was asked for before would put other keys under the hand that selects. */
    @Test
    void selection_keepsTheRows_alsoFromAnAnswerUnderWay() {
        shop.carts().start("a", Duration.ofMinutes(10));
        shop.carts().start("b", Duration.ofMinutes(20));
        go("?map=cart");
        assertThat(page.locator("tbody th")).hasText(new String[] {"a", "b"});
        Queue<Route> held = new ConcurrentLinkedQueue<>();
        page.route("**/actuator/**", held::add);
        page.waitForCondition(() -> !held.isEmpty());
        shop.carts().start("early", Duration.ofMinutes(1));
        page.getByLabel("Select a", new Page.GetByLabelOptions().setExact(true)).check();
        page.waitForResponse("**/actuator/**", () -> held.remove().resume()).finished();
        shop.carts().start("later", Duration.ofMinutes(30));
        assertThat(card("Armed")).hasText("4"); // drawn again
        assertThat(page.locator("tbody th")).hasText(new String[] {"a", "b"});
        page.unroute("**/actuator/**");
        page.getByLabel("Select a", new Page.GetByLabelOptions().setExact(true)).uncheck();
        assertThat(page.locator("tbody th")).hasText(new String[] {"early", "a", "b", "later"});
    }

    /** The live numbers know of a new pause before the endpoint is asked who began it. */
    @Test
    void pauseOfAMap_isNeverShownWithTheNameOfAnEarlierOne() {
        SlotCause alice = new SlotCause(SlotCause.Type.ENDPOINT, "user alice");
        alice.during(() -> shop.carts().pause());
        go("?map=cart");
        assertThat(page.locator("dl.cards")).containsText("by the endpoint (user alice)");
        Queue<Route> held = new ConcurrentLinkedQueue<>();
        page.route("**/actuator/**", held::add);
        shop.carts().resume();
        SlotCause bob = new SlotCause(SlotCause.Type.ENDPOINT, "user bob");
        bob.during(() -> shop.carts().pause());
        assertThat(page.locator("dl.cards")).not().containsText("alice");
        assertThat(card("Paused")).hasText("all");
        page.unroute("**/actuator/**"); // lets go what was held
        assertThat(page.locator("dl.cards")).containsText("by the endpoint (user bob)");
    }

    /** On a backend that keeps failed firings; the slots are gone. */
    @Test
    void failedFirings_areRetriedAndForgotten_oneOrASelection_andAudited() {
        Shop jvm = shop;
        try (Shop cluster = ClusterShop.start(type)) {
            shop = cluster;
            ClusterShop application = cluster.context.getBean(ClusterShop.class);
            for (String key : List.of("fail-1", "fail-2", "fail-3", "fail-4")) {
                cluster.carts().start(key, Duration.ZERO);
            }
            cluster.carts().start("c1", Duration.ofMinutes(10));
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> cluster.carts().stats().failed() == 4);
            application.audited.clear();
            go("?map=cart");
            assertThat(page.locator("tbody th")).hasText(new String[] {"c1"});
            assertThat(button("fire")).isVisible();
            assertThat(button("retry")).hasCount(0);
            page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Failed"))
                    .click();
            assertThat(page.locator("tbody tr")).hasCount(4);
            assertAccessible("failed firings");

            application.fails = false;
            page.getByLabel("Select fail-1").check();
            page.getByLabel("Select fail-2").check();
            button("retry").click();
            assertThat(question()).containsText("Retry 2 failed firings?");
            button("Keep as it is").click();
            assertThat(application.audited).isEmpty();
            button("retry").click();
            button("Retry").click();
            assertThat(page.locator("#done")).hasText("2 of 2 slots: retry: RETRIED.");
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> cluster.carts().stats().fired() == 6);
            page.reload();
            assertThat(page.locator("tbody tr")).hasCount(2);
            page.getByLabel("Select fail-3").check();
            button("forget").click();
            assertThat(question()).containsText("Forget 1 failed firing?");
            button("Forget").click();
            assertThat(page.locator("#done")).hasText("forget: FORGOTTEN.");
            assertThat(page.locator("tbody th")).hasText(new String[] {"fail-4"});

            page.locator("tbody th a").click();
            assertThat(page.locator(".problem")).hasText("There is no such slot now.");
            assertThat(page.locator(".story")).containsText("and failed");
            button("forget").click();
            assertThat(question()).containsText("Forget the failed firing of fail-4?");
            button("Forget").click();
            assertThat(page.locator("#done")).hasText("forget: FORGOTTEN.");
            assertThat(button("forget")).hasCount(0);
            assertThat(button("retry")).hasCount(0);
            assertThat(cluster.carts().stats().fired()).isEqualTo(6);
            assertThat(cluster.carts().find("c1")).isPresent();
            assertThat(application.audited.stream()
                            .map(event -> event.getData().get("action") + " "
                                    + event.getData().get("key") + " "
                                    + event.getData().get("outcome")))
                    .containsExactly(
                            "retry fail-1 RETRIED",
                            "retry fail-2 RETRIED",
                            "forget fail-3 FORGOTTEN",
                            "forget fail-4 FORGOTTEN");
            expect("404"); // of the slots that are not there
            page.close(); // it would go on asking
        } finally {
            shop = jvm;
        }
    }

    @Test
    void failedFirings_ofAMapThatKeepsNone_orForAReader_haveNoSuchActions() {
        shop.carts().start("fail-1", Duration.ZERO);
        go("?map=cart&view=failed");
        assertThat(page.locator("tbody th")).hasText(new String[] {"fail-1"});
        assertThat(button("fire")).isVisible();
        assertThat(button("retry").or(button("forget"))).hasCount(0);
        go(slot("fail-1"));
        assertThat(page.locator(".story")).containsText("and failed");
        assertThat(button("fire")).isVisible();
        assertThat(button("retry").or(button("forget"))).hasCount(0);
        page.navigate("about:blank"); // or it goes on asking the other application
        Shop jvm = shop;
        try (Shop cluster = ClusterShop.start(type)) {
            shop = cluster;
            cluster.carts().start("fail-1", Duration.ZERO);
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> cluster.carts().stats().failed() == 1);
            go("?map=cart&view=failed");
            assertThat(button("retry")).isVisible();
            readOnly();
            go("?map=cart&view=failed");
            assertThat(page.locator("tbody th")).hasText(new String[] {"fail-1"});
            assertThat(page.locator("main .actions, input[type=checkbox]")).hasCount(0);
            go(slot("fail-1"));
            assertThat(page.locator(".story")).containsText("and failed");
            assertThat(page.locator("main .actions")).hasCount(0);
            expect("404"); // of the slot that is not there
            page.close(); // it would go on asking
        } finally {
            shop = jvm;
        }
    }

    @Test
    void keyboardAlone_reachesAndAnswersTheQuestion() {
        shop.carts().start("c1");
        go(slot("c1"));
        page.keyboard().press("Tab");
        assertThat(page.locator(".skip")).isFocused();
        page.keyboard().press("Enter");
        assertThat(page.locator("#content")).isFocused();
        button("delete").focus();
        page.keyboard().press("Enter");
        assertThat(button("Keep as it is")).isFocused();
        page.keyboard().press("Escape");
        assertThat(question()).isHidden();
        assertThat(button("delete")).isFocused();
        assertThat(shop.carts().find("c1")).isPresent();
        page.keyboard().press("Enter");
        page.keyboard().press("Tab");
        page.keyboard().press("Enter");
        assertThat(page.locator("#done")).hasText("delete: DELETED_ARMED.");
        assertThat(page.locator(".problem")).hasText("There is no such slot now.");
        expect("404");
    }

    @Test
    void quickKeys_loseNoAnswer() {
        shop.carts().start("c1");
        go(slot("c1"));
        button("delete").focus();
        for (String key : List.of("Enter", "Escape", "Enter", "Tab", "Enter")) {
            page.keyboard().press(key);
        }
        assertThat(page.locator("#done")).hasText("delete: DELETED_ARMED.");
        assertThat(page.locator(".problem")).hasText("There is no such slot now.");
        expect("404");
    }

    /** A browser tells a frame later that a dialog was closed: here two more questions are answered before it does. */
    @Test
    void questionsInQuickSuccession_haveEachTheirOwnAnswer() {
        shop.carts().start("c1");
        go(slot("c1"));
        assertThat(button("delete")).isVisible();
        page.evaluate("""
                const press = text => [...document.querySelectorAll('main button, dialog[open] button')]
                    .find(button => button.textContent === text).click();
                ['cancel', 'Cancel', 'delete', 'Keep as it is', 'pause', 'Pause', 'delete', 'Keep as it is'].forEach(press)""");
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(shop.application().audited)
                        .extracting(event -> event.getData().get("action") + " "
                                + event.getData().get("outcome"))
                        .containsExactlyInAnyOrder("cancel CANCELLED", "pause PAUSED"));
        assertThat(page.locator("h1 .badge")).hasText(new String[] {"paused", "idle"});
        assertThat(page.locator("dialog")).hasCount(0);
    }

    @Test
    void focus_staysOnAButton_whoseActionTheLiveNumbersTurnRound() {
        go("?map=cart");
        button("Pause the map").focus();
        shop.carts().pause();
        assertThat(button("Resume the map")).isFocused();
    }

    @Test
    void focus_staysOnAButton_whenAnotherActionIsOfferedBeforeIt() {
        go("");
        assertThat(page.evaluate("""
                        async () => {
                          const {render} = await import(new URL('lit-html.js', location));
                          const {buttons} = await import(new URL('map.js', location));
                          const place = document.body.appendChild(document.createElement('p'));
                          render(buttons([false, 'delete'], () => {}), place);
                          place.querySelector('button').focus();
                          render(buttons(['retry', 'delete'], () => {}), place);
                          return document.activeElement.textContent;
                        }""")).isEqualTo("delete");
    }

    @Test
    void readOnly_hasNoActions() {
        readOnly();
        shop.carts().start("c1");
        go("?map=cart");
        assertThat(page.locator("tbody th")).hasText(new String[] {"c1"});
        assertThat(page.locator("main .actions, input[type=checkbox]")).hasCount(0);
        go(slot("c1"));
        assertThat(page.locator(".story li").first()).containsText("Armed");
        assertThat(page.locator("main .actions")).hasCount(0);
    }

    /** As for a user who may read only: asked once, and told why. */
    @Test
    void refusedAction_isTold_andTheRestNotTried() {
        Queue<String> posts = new ConcurrentLinkedQueue<>();
        page.route("**/actuator/**", route -> {
            if (route.request().method().equals("POST")) {
                posts.add(route.request().postData());
                route.fulfill(new Route.FulfillOptions().setStatus(403));
            } else {
                route.resume();
            }
        });
        shop.carts().start("a");
        shop.carts().start("b");
        go("?map=cart");
        page.getByLabel("Select all on this page").check();
        button("cancel").click();
        button("Cancel").click();
        assertThat(page.locator("#done")).hasText("0 of 2 slots: Refused: you may not cancel slots (403).");
        assertThat(posts).singleElement().isEqualTo("{\"key\":\"a\",\"action\":\"cancel\"}");
        expect("403");
    }

    @Test
    void hiddenOrHeldPage_keepsNoStream() {
        Feed feed = shop.context.getBean(Feed.class);
        go("");
        await().until(() -> feed.viewers() == 1);
        page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
                + " document.dispatchEvent(new Event('visibilitychange'))");
        await().atMost(Duration.ofSeconds(30)).until(() -> feed.viewers() == 0);
        page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))");
        await().atMost(Duration.ofSeconds(30)).until(() -> feed.viewers() == 1);
        button("Hold").click();
        assertThat(page.locator("#live")).hasText("On hold");
        await().atMost(Duration.ofSeconds(30)).until(() -> feed.viewers() == 0);
        button("Hold").click();
        assertThat(page.locator("#live")).hasText("Live");
    }

    @Test
    void lostConnection_isShown_andComesBack() {
        Feed feed = shop.context.getBean(Feed.class);
        go("");
        feed.stop();
        assertThat(page.locator("#live")).containsText("Connection lost");
        feed.start();
        assertThat(page.locator("#live")).hasText("Live");
        troubles.removeIf(text -> text.contains("status of 503")); // not every browser's console tells of it
    }

    /** As after a change of the network, which can take a connection away without a word. */
    @Test
    void silentConnection_isShown_andComesBack() {
        page.clock().install();
        neverAnsweredFirst("**/feed");
        page.navigate(shop.base() + "/asyncslots/");
        assertThat(page.locator("#live")).hasText("Connecting");
        page.clock().fastForward(15_000);
        assertThat(page.locator("#live")).containsText("Connection lost");
        assertThat(page.locator("#live")).hasText("Live");
    }

    @Test
    void questionWithoutAnswer_isAskedAgain() {
        page.addInitScript(
                "const timeout = AbortSignal.timeout; AbortSignal.timeout = () => timeout.call(AbortSignal, 5000);");
        neverAnsweredFirst("**/session");
        neverAnsweredFirst("**/actuator/asyncslots/cart?*");
        shop.carts().start("c1");
        go("?map=cart");
        assertThat(page.locator("tbody th"))
                .hasText(new String[] {"c1"}, new LocatorAssertions.HasTextOptions().setTimeout(SEVERAL_LOADS));
    }

    @Test
    void lostFile_andLostSession_comeWithTheNextTry() {
        for (String lost : List.of("**/slot.js", "**/session")) {
            page.route(lost, Route::abort, new Page.RouteOptions().setTimes(1));
            go("");
        }
        expectLost();
    }

    /** A server that restarts behind a proxy, and a login that has expired meanwhile. */
    @Test
    void answerOfAProxy_isAskedForAgain_andALoginPageIsTold() {
        page.route(
                "**/session",
                route -> route.fulfill(new Route.FulfillOptions().setStatus(502)),
                new Page.RouteOptions().setTimes(1));
        go("");
        expect("502");
        page.route(
                "**/session",
                route -> route.fulfill(new Route.FulfillOptions()
                        .setStatus(302)
                        .setHeaders(Map.of("Location", "https://login.example/"))));
        page.navigate(shop.base() + "/asyncslots/");
        assertThat(page.locator("#content")).containsText("The server does not know you any more");
    }

    @Test
    void fileThatIsMissingForGood_isTold_afterSomeTries() {
        AtomicInteger loads = new AtomicInteger();
        page.route("**/slot.js", route -> {
            loads.incrementAndGet();
            route.abort();
        });
        page.navigate(shop.base() + "/asyncslots/");
        assertThat(page.locator("#live"))
                .hasText(
                        "A file of this page is missing. Load the page again.",
                        new LocatorAssertions.HasTextOptions().setTimeout(SEVERAL_LOADS));
        assertThat(loads).hasValue(6);
        page.unroute("**/slot.js");
        go("");
        expectLost();
    }

    @Test
    void countersThatCannotBeRead_areTold_onALiveConnection() {
        page.addInitScript("window.EventSource = class {" + " constructor() { setTimeout(() => this.onmessage({data: '"
                + Feed.PULSE + "'})); } close() {} };");
        page.navigate(shop.base() + "/asyncslots/");
        assertThat(page.locator("#live")).hasText("No new numbers");
    }

    /** The route stays: without one, the browser would let the request go. */
    private void neverAnsweredFirst(String pattern) {
        AtomicBoolean seen = new AtomicBoolean();
        page.route(pattern, route -> {
            if (seen.getAndSet(true)) {
                route.resume();
            }
        });
    }

    /** Takes back what the browser has noted of requests that a test ended. */
    private void expectLost() {
        assertThat(troubles).isNotEmpty();
        troubles.removeIf(text -> text.contains("net::ERR_FAILED"));
    }

    @Test
    void theme_isThatOfTheSystem_untilChosen() {
        go("");
        String light = (String) page.evaluate("getComputedStyle(document.body).backgroundColor");
        button("Dark").click();
        assertThat(page.evaluate("getComputedStyle(document.body).backgroundColor"))
                .isNotEqualTo(light);
        page.reload();
        assertThat(button("Light")).isVisible();
        assertThat(page.evaluate("getComputedStyle(document.body).backgroundColor"))
                .isNotEqualTo(light);
    }
}
