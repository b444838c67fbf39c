package io.asyncslot.sample.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A customer of a running shop, by HTTP. Thread-safe. */
final class Shop {

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final JsonMapper json = JsonMapper.shared();
    private final URI url;
    private final AtomicLong requests;

    Shop(URI url, AtomicLong requests) {
        this.url = url;
        this.requests = requests;
    }

    String openWithTea() {
        String id = call("POST", "/carts", "").required("id").asString();
        call("POST", "/carts/" + id + "/items", "{\"productId\":\"tea\",\"quantity\":1}");
        return id;
    }

    String ping(String cart) {
        return call("POST", "/carts/" + cart + "/ping", "").required("state").asString();
    }

    void drop(String cart) {
        call("DELETE", "/carts/" + cart, "");
    }

    LoadGenerator.Ledger ledger() {
        JsonNode maps = call("GET", "/actuator/asyncslots", "").required("maps");
        return LoadGenerator.Ledger.of(call("GET", "/stats", ""), maps.required("reservation"));
    }

    private JsonNode call(String method, String path, String body) {
        requests.incrementAndGet();
        HttpRequest request = HttpRequest.newBuilder(url.resolve(path))
                .timeout(Duration.ofSeconds(30))
                .header("content-type", "application/json")
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        try {
            HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
            if (response.statusCode() / 100 != 2) {
                throw new IllegalStateException(
                        method + " " + path + " answered " + response.statusCode() + ": " + response.body());
            }
            return json.readTree(response.body().isEmpty() ? "{}" : response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(method + " " + path + " failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
