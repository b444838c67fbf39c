package io.asyncslot.dashboard;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.annotation.WorkSlot;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

/** An application with slots, and how tests ask it. */
final class Shop implements AutoCloseable {

    static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    final ConfigurableApplicationContext context;

    private Shop(ConfigurableApplicationContext context) {
        this.context = context;
    }

    /** Starts it with the dashboard enabled and the endpoint exposed, unless properties say otherwise. */
    static Shop start(WebApplicationType type, String... properties) {
        return start(type, Application.class, properties);
    }

    static Shop start(WebApplicationType type, Class<?> application, String... properties) {
        // Of two arguments of one name Spring makes a list: so what a test says takes the place of the default.
        Map<String, String> arguments = new LinkedHashMap<>();
        Stream.concat(
                        Stream.of(
                                "server.port=0",
                                "spring.main.banner-mode=off",
                                "asyncslot.dashboard.enabled=true",
                                "management.endpoints.web.exposure.include=asyncslots"),
                        Stream.of(properties))
                .forEach(property -> arguments.put(property.substring(0, property.indexOf('=')), "--" + property));
        return new Shop(new SpringApplicationBuilder(application)
                .web(type)
                .run(arguments.values().toArray(String[]::new)));
    }

    TimerSlots<String> carts() {
        return context.getBean(AsyncSlotRegistry.class).timers("cart", String.class);
    }

    Application application() {
        return context.getBean(Application.class);
    }

    String base() {
        return "http://localhost:" + context.getEnvironment().getProperty("local.server.port");
    }

    HttpResponse<String> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(base() + path)).timeout(Duration.ofSeconds(60));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return CLIENT.send(request.build(), BodyHandlers.ofString());
    }

    @Override
    public void close() {
        context.close();
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        final Queue<AuditEvent> audited = new ConcurrentLinkedQueue<>();
        final CountDownLatch hold = new CountDownLatch(1);

        @TimerSlot(map = "cart", delay = "30m", whenIdle = WhenIdle.KEEP)
        void expired(String id) throws InterruptedException {
            if (id.startsWith("fail")) {
                throw new IllegalStateException("no stock");
            }
            if (id.startsWith("long")) {
                hold.await(1, TimeUnit.MINUTES);
            }
        }

        @WorkSlot(map = "reindex")
        void reindex(Long id) {}

        @EventListener
        void audited(AuditApplicationEvent event) {
            audited.add(event.getAuditEvent());
        }
    }
}
