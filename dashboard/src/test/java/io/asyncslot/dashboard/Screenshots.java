package io.asyncslot.dashboard;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.WebApplicationType;

/**
 * Draws the pictures of the documentation: {@code mvn -pl dashboard test-compile exec:java -Dexec.classpathScope=test
 * -Dexec.mainClass=io.asyncslot.dashboard.Screenshots -Dexec.args=docs/img}.
 */
final class Screenshots {

    private Screenshots() {}

    /** Where the pictures go, and how many slots there are in each of three maps. */
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        int slots = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 20_000;
        ScheduledExecutorService load = Executors.newSingleThreadScheduledExecutor();
        try (Shop shop = Shop.start(WebApplicationType.SERVLET, "management.endpoint.asyncslots.access=unrestricted");
                Playwright playwright = Playwright.create(
                        new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
                Browser browser = playwright
                        .chromium()
                        .launch(new BrowserType.LaunchOptions()
                                .setExecutablePath(Path.of("/usr/bin/chromium"))
                                .setArgs(List.of("--no-sandbox")))) {
            fill(shop, slots, load);
            for (ColorScheme scheme : ColorScheme.values()) {
                if (scheme == ColorScheme.NO_PREFERENCE) {
                    continue;
                }
                BrowserContext context = browser.newContext(new Browser.NewContextOptions()
                        .setViewportSize(1280, 900)
                        .setColorScheme(scheme));
                Page page = context.newPage();
                String name = scheme.name().toLowerCase(java.util.Locale.ROOT);
                draw(shop, page, "", 40_000, folder.resolve("dashboard-overview-" + name + ".png"));
                draw(shop, page, "?map=cart", 4_000, folder.resolve("dashboard-map-" + name + ".png"));
                draw(shop, page, "?map=cart&key=cart-000017", 4_000, folder.resolve("dashboard-slot-" + name + ".png"));
                page.setViewportSize(420, 900);
                draw(shop, page, "", 4_000, Path.of("target", "narrow-" + name + ".png"));
                context.close();
            }
        } finally {
            load.shutdownNow();
        }
    }

    private static void fill(Shop shop, int slots, ScheduledExecutorService load) {
        AsyncSlotRegistry registry = shop.context.getBean(AsyncSlotRegistry.class);
        Random random = new Random(7);
        TimerSlots<String> sessions = registry.register(TimerMapSpec.named("session", String.class)
                .callback((key, firing) -> TimeUnit.MICROSECONDS.sleep(random.nextInt(4_000)))
                .delay(Duration.ofMinutes(30))
                .build());
        TimerSlots<String> payments = registry.register(TimerMapSpec.named("payment", String.class)
                .callback((key, firing) -> {
                    if (random.nextInt(20) == 0) {
                        throw new IllegalStateException("the bank did not answer");
                    }
                })
                .delay(Duration.ofMinutes(30))
                .build());
        TimerSlots<String> carts = shop.carts();
        for (int i = 0; i < slots; i++) {
            String key = String.format("%06d", i);
            sessions.start("session-" + key, Duration.ofMillis((long)
                    (Math.abs(random.nextGaussian() * 900 + 1_500) * 1_000)));
            payments.start("payment-" + key, Duration.ofSeconds(300 + 600L * random.nextInt(8) + random.nextInt(60)));
            carts.start("cart-" + key, Duration.ofMillis(20_000 + random.nextInt(5_400_000)));
        }
        carts.touch("cart-000017", Duration.ofMinutes(3));
        carts.pause("cart-000019");
        carts.start("cart-000019", Duration.ofMillis(10));
        carts.start("fail-000001", Duration.ZERO);
        load.scheduleAtFixedRate(
                () -> {
                    for (int i = 0; i < 5 + random.nextInt(10); i++) {
                        sessions.start("live-" + random.nextInt(10_000), Duration.ofMillis(random.nextInt(3_000)));
                        payments.start("live-" + random.nextInt(10_000), Duration.ofMillis(random.nextInt(9_000)));
                    }
                },
                0,
                100,
                TimeUnit.MILLISECONDS);
    }

    private static void draw(Shop shop, Page page, String query, int wait, Path file) {
        page.navigate(shop.base() + "/asyncslots/" + query);
        page.waitForTimeout(wait);
        page.screenshot(new Page.ScreenshotOptions().setPath(file).setFullPage(!query.equals("?map=cart")));
    }
}
