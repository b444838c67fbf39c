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

    private static final long PRICE_OF_TEA = 1250;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final JsonMapper json = JsonMapper.shared();
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong added = new AtomicLong();
    private final AtomicLong pinged = new AtomicLong();
    private final URI url;

    Shop(URI url) {
        this.url = url;
    }

    String openWithTea() {
        String id = call("POST", "/carts", "").required("id").asString();
        addTea(id);
        return id;
    }

    /** Re-arms the cart's timer. */
    String addTea(String cart) {
        added.incrementAndGet();
        return call("POST", "/carts/" + cart + "/items", "{\"productId\":\"tea\",\"quantity\":1}")
                .required("state")
                .asString();
    }

    /** Touches the cart's timer. */
    String ping(String cart) {
        pinged.incrementAndGet();
        return call("POST", "/carts/" + cart + "/ping", "").required("state").asString();
    }

    String state(String cart) {
        return call("GET", "/carts/" + cart, "").required("state").asString();
    }

    void drop(String cart) {
        call("DELETE", "/carts/" + cart, "");
    }

    String order(String cart) {
        return call("POST", "/orders", "{\"cartId\":\"" + cart + "\"}")
                .required("id")
                .asString();
    }

    void pay(String order) {
        call("POST", "/orders/" + order + "/payment", "{\"cents\":" + PRICE_OF_TEA + "}");
    }

    /** The shop's own ledger. */
    JsonNode stats() {
        return call("GET", "/stats", "");
    }

    /** What Actuator says about the maps, by name. */
    JsonNode slotMaps() {
        return call("GET", "/actuator/asyncslots", "").required("maps");
    }

    String latenessP99(String map) {
        return slotMaps().required(map).required("late").required("p99").asString();
    }

    long requests() {
        return requests.get();
    }

    long added() {
        return added.get();
    }

    long pinged() {
        return pinged.get();
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
            throw new UncheckedIOException(method + " " + path + " failed; does the shop run at " + url + "?", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
