package io.asyncslot.container;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The shop over HTTP, as JSON. Thread-safe. */
final class Shop {

    private static final JsonMapper JSON = new JsonMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final HttpClient http = HttpClient.newHttpClient();
    private final String url;

    Shop(String url) {
        this.url = url;
    }

    /** An answer: its status and its body. */
    record Answer(int status, JsonNode body) {}

    JsonNode get(String path) {
        return ok(exchange("GET", path, BodyPublishers.noBody()), path);
    }

    int status(String path) {
        return exchange("GET", path, BodyPublishers.noBody()).status();
    }

    JsonNode post(String path) {
        return ok(exchange("POST", path, BodyPublishers.noBody()), path);
    }

    JsonNode post(String path, String body) {
        return ok(exchange("POST", path, BodyPublishers.ofString(body)), path);
    }

    void put(String path, String body) {
        ok(exchange("PUT", path, BodyPublishers.ofString(body)), path);
    }

    JsonNode delete(String path) {
        return ok(exchange("DELETE", path, BodyPublishers.noBody()), path);
    }

    // ---- the drill: every operation by hand, answered by its outcome

    String start(String key, Duration delay) {
        return post("/drill/" + escaped(key) + "?delay=" + delay).asString();
    }

    String touch(String key, Duration delay) {
        return post("/drill/" + escaped(key) + "/touch?delay=" + delay).asString();
    }

    String cancel(String key) {
        return post("/drill/" + escaped(key) + "/cancel").asString();
    }

    String free(String key) {
        return delete("/drill/" + escaped(key)).asString();
    }

    JsonNode firings(String key) {
        return get("/drill/" + escaped(key));
    }

    JsonNode totals(String prefix) {
        return get("/drill?prefix=" + escaped(prefix));
    }

    // ---- Actuator

    JsonNode slots() {
        return get("/actuator/asyncslots");
    }

    JsonNode map(String name) {
        return slots().required("maps").required(name);
    }

    JsonNode slot(String map, String key) {
        return get("/actuator/asyncslots/" + map + "/" + escaped(key));
    }

    int slotStatus(String map, String key) {
        return status("/actuator/asyncslots/" + map + "/" + escaped(key));
    }

    /** What a backend says of itself. */
    JsonNode backend(String name) {
        for (JsonNode backend : slots().required("backends")) {
            if (backend.required("name").asString().equals(name)) {
                return backend;
            }
        }
        throw new AssertionError("there is no backend " + name);
    }

    private static JsonNode ok(Answer answer, String path) {
        if (answer.status() / 100 != 2) {
            throw new AssertionError(path + " was answered by " + answer.status() + ": " + answer.body());
        }
        return answer.body();
    }

    private Answer exchange(String method, String path, BodyPublisher body) {
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(url + path))
                    .timeout(PATIENCE)
                    .header("Content-Type", "application/json")
                    .method(method, body)
                    .build();
            var response = http.send(request, BodyHandlers.ofString());
            String text = response.body();
            return new Answer(response.statusCode(), text.isEmpty() ? JSON.createObjectNode() : JSON.readTree(text));
        } catch (IOException e) {
            throw new UncheckedIOException(method + " " + path, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String escaped(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
