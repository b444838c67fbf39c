package io.asyncslot.dashboard;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.EndpointAccessResolver;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import tools.jackson.databind.json.JsonMapper;

/**
 * The files of the dashboard, the same on Spring MVC and WebFlux. All are read once; nothing of a request leads to a file.
 * Immutable.
 */
@Controller
class DashboardPages {

    /** The path of the dashboard, as mappings have it. */
    static final String PATH = "${asyncslot.dashboard.path:/asyncslots}";

    /** Nothing but what this server has itself, no script and no style inside a page, and no page around it. */
    static final String CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'; style-src 'self';"
            + " connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    static final List<String> FILES = List.of(
            "index.html",
            "dashboard.css",
            "icon.svg",
            "main.js",
            "api.js",
            "charts.js",
            "live.js",
            "map.js",
            "overview.js",
            "reload.js",
            "slot.js",
            "text.js",
            "theme.js",
            "lit-html.js");

    private static final EndpointId ENDPOINT = EndpointId.of("asyncslots");
    private static final Map<String, MediaType> TYPES = Map.of(
            "html", new MediaType(MediaType.TEXT_HTML, StandardCharsets.UTF_8),
            "css", new MediaType("text", "css", StandardCharsets.UTF_8),
            "js", new MediaType("text", "javascript", StandardCharsets.UTF_8),
            "svg", new MediaType("image", "svg+xml"));
    private static final JsonMapper JSON = JsonMapper.shared();

    private final Map<String, ResponseEntity<byte[]>> files = new LinkedHashMap<>();
    private final String path;
    private final @Nullable String endpoint;
    private final boolean write;

    /**
     * Reads the files.
     *
     * @param path the path of the dashboard
     * @param endpoints where endpoints are, null if there are none on the web
     * @param access what they allow, null if nothing is known
     */
    DashboardPages(String path, @Nullable PathMappedEndpoints endpoints, @Nullable EndpointAccessResolver access) {
        String there = endpoints == null ? null : endpoints.getPath(ENDPOINT);
        if (path.equals(there)) {
            throw AsyncSlotDashboardProperties.refused(
                    path, "The Actuator endpoint 'asyncslots' has this path: choose another one for the dashboard.");
        }
        FILES.forEach(name -> files.put(name, read(name)));
        this.path = path;
        this.endpoint = there == null
                ? null
                : "..".concat("/..".repeat(depth(path) - 1)).concat(there);
        this.write = access != null && access.accessFor(ENDPOINT, Access.READ_ONLY) == Access.UNRESTRICTED;
    }

    private static int depth(String path) {
        return (int) path.chars().filter(c -> c == '/').count();
    }

    /** The same page, where relative addresses start in the right folder. */
    @GetMapping(PATH)
    ResponseEntity<Void> folder() {
        return ResponseEntity.status(HttpStatus.FOUND)
                .location(URI.create(path.substring(path.lastIndexOf('/') + 1) + "/"))
                .build();
    }

    @GetMapping(PATH + "/")
    ResponseEntity<byte[]> index() {
        return file("index.html");
    }

    @GetMapping(PATH + "/{name}")
    ResponseEntity<byte[]> file(@PathVariable String name) {
        ResponseEntity<byte[]> file = files.get(name);
        return file == null
                ? ResponseEntity.notFound().headers(DashboardPages::protect).build()
                : file;
    }

    /** What a page has to know about its viewer. */
    ResponseEntity<String> session(@Nullable String user, @Nullable String csrfHeader, @Nullable String csrfToken) {
        return ResponseEntity.ok()
                .headers(DashboardPages::protect)
                .cacheControl(CacheControl.noStore())
                .contentType(MediaType.APPLICATION_JSON)
                .body(JSON.writeValueAsString(new Session(endpoint, write, user, csrfHeader, csrfToken)));
    }

    /** The headers of everything that is served. */
    static void protect(HttpHeaders headers) {
        headers.set("Content-Security-Policy", CONTENT_SECURITY_POLICY);
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Referrer-Policy", "no-referrer");
    }

    private static ResponseEntity<byte[]> read(String name) {
        try (InputStream stream = DashboardPages.class.getResourceAsStream("ui/" + name)) {
            if (stream == null) {
                throw new IllegalStateException("the jar of the dashboard lacks its file ui/" + name);
            }
            byte[] content = stream.readAllBytes();
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(content);
            return ResponseEntity.ok()
                    .headers(DashboardPages::protect)
                    .cacheControl(CacheControl.noCache())
                    .eTag('"' + HexFormat.of().formatHex(hash, 0, 16) + '"')
                    .contentType(TYPES.getOrDefault(name.substring(name.lastIndexOf('.') + 1), MediaType.TEXT_PLAIN))
                    .body(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }
}
