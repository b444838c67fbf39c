package io.asyncslot.dashboard;

import java.security.Principal;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.security.web.server.csrf.CsrfToken;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;

/** What of the dashboard differs on WebFlux. Thread-safe. */
@Controller
class ReactiveDashboard {

    /** The name of the attribute in which Spring Security leaves the token of a request. */
    private static final String CSRF = "org.springframework.security.web.server.csrf.CsrfToken";

    private final DashboardPages pages;
    private final Feed feed;

    ReactiveDashboard(DashboardPages pages, Feed feed) {
        this.pages = pages;
        this.feed = feed;
    }

    @GetMapping(path = DashboardPages.PATH + "/session", produces = MediaType.APPLICATION_JSON_VALUE)
    Mono<ResponseEntity<String>> session(ServerWebExchange exchange) {
        Object token = exchange.getAttribute(CSRF);
        return exchange.getPrincipal()
                .map(Principal::getName)
                .defaultIfEmpty("")
                .flatMap(name -> token == null
                        ? Mono.just(pages.session(name.isEmpty() ? null : name, null, null))
                        : Csrf.session(pages, name, token));
    }

    @GetMapping(path = DashboardPages.PATH + "/feed", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    ResponseEntity<Flux<ServerSentEvent<String>>> feed() {
        if (!feed.hasRoom()) {
            return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE)
                    .headers(DashboardPages::protect)
                    .build();
        }
        return ResponseEntity.ok()
                .headers(DashboardPages::protect)
                .cacheControl(CacheControl.noStore())
                .header("X-Accel-Buffering", "no")
                .body(Flux.<String>create(this::join, FluxSink.OverflowStrategy.LATEST)
                        .map(json -> ServerSentEvent.builder(json).build()));
    }

    private void join(FluxSink<String> sink) {
        Viewer viewer = new Viewer() {
            @Override
            public void offer(String json) {
                sink.next(json);
            }

            @Override
            public void end() {
                sink.complete();
            }
        };
        sink.onDispose(() -> feed.leave(viewer));
        if (!feed.join(viewer)) {
            sink.complete();
        }
    }

    /** Loaded only where Spring Security is at work. */
    private static final class Csrf {

        static Mono<ResponseEntity<String>> session(DashboardPages pages, String name, Object attribute) {
            String user = name.isEmpty() ? null : name;
            return ((Mono<?>) attribute)
                    .cast(CsrfToken.class)
                    .map(token -> pages.session(user, token.getHeaderName(), token.getToken()))
                    .switchIfEmpty(Mono.fromSupplier(() -> pages.session(user, null, null)));
        }
    }
}
