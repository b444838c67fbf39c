package io.asyncslot.dashboard;

import jakarta.servlet.http.HttpServletRequest;
import java.security.Principal;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** What of the dashboard differs on Spring MVC. Thread-safe. */
@Controller
class ServletDashboard {

    /** The name of the attribute in which Spring Security leaves the token of a request. */
    private static final String CSRF = "org.springframework.security.web.csrf.CsrfToken";

    private final DashboardPages pages;
    private final Feed feed;

    ServletDashboard(DashboardPages pages, Feed feed) {
        this.pages = pages;
        this.feed = feed;
    }

    @GetMapping(path = DashboardPages.PATH + "/session", produces = MediaType.APPLICATION_JSON_VALUE)
    ResponseEntity<String> session(HttpServletRequest request) {
        Principal user = request.getUserPrincipal();
        String name = user == null ? null : user.getName();
        Object token = request.getAttribute(CSRF);
        return token == null ? pages.session(name, null, null) : Csrf.session(pages, name, token);
    }

    @GetMapping(path = DashboardPages.PATH + "/feed", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    ResponseEntity<SseEmitter> feed(HttpServletRequest request) {
        EmitterViewer viewer = new EmitterViewer(feed);
        return request.isAsyncSupported() && viewer.begin()
                ? ResponseEntity.ok()
                        .headers(DashboardPages::protect)
                        .cacheControl(CacheControl.noStore())
                        .header("X-Accel-Buffering", "no")
                        .body(viewer.emitter())
                : ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE)
                        .headers(DashboardPages::protect)
                        .build();
    }

    /** Loaded only where Spring Security is at work. */
    private static final class Csrf {

        static ResponseEntity<String> session(DashboardPages pages, @Nullable String user, Object attribute) {
            CsrfToken token = (CsrfToken) attribute;
            return pages.session(user, token.getHeaderName(), token.getToken());
        }
    }
}
