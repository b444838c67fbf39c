package io.asyncslot.sample;

import java.time.Duration;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.springframework.boot.test.context.TestComponent;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.client.RestTestClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Talks to the shop over HTTP, as JSON. */
@TestComponent
class Customer {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final RestTestClient http;
    private final JsonMapper json;

    Customer(RestTestClient http, JsonMapper json) {
        this.http = http;
        this.json = json;
    }

    JsonNode get(String path) {
        return get(path, HttpStatus.OK);
    }

    JsonNode get(String path, HttpStatus status) {
        return read(http.get().uri(path).exchange(), status);
    }

    String text(String path) {
        return text(path, MediaType.TEXT_PLAIN);
    }

    String text(String path, MediaType type) {
        String body = http.get()
                .uri(path)
                .accept(type)
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody(String.class)
                .returnResult()
                .getResponseBody();
        return body == null ? "" : body;
    }

    JsonNode post(String path, HttpStatus status) {
        return read(http.post().uri(path).exchange(), status);
    }

    JsonNode post(String path, Map<String, ?> body, HttpStatus status) {
        return read(
                http.post()
                        .uri(path)
                        .contentType(MediaType.APPLICATION_JSON)
                        .body(body)
                        .exchange(),
                status);
    }

    JsonNode put(String path, Map<String, ?> body, HttpStatus status) {
        return read(
                http.put()
                        .uri(path)
                        .contentType(MediaType.APPLICATION_JSON)
                        .body(body)
                        .exchange(),
                status);
    }

    JsonNode delete(String path, HttpStatus status) {
        return read(http.delete().uri(path).exchange(), status);
    }

    String openCart() {
        return post("/carts", HttpStatus.CREATED).required("id").asString();
    }

    String openCartWith(String productId, int quantity) {
        String cart = openCart();
        add(cart, productId, quantity, HttpStatus.OK);
        return cart;
    }

    JsonNode add(String cart, String productId, int quantity, HttpStatus status) {
        return post("/carts/" + cart + "/items", Map.of("productId", productId, "quantity", quantity), status);
    }

    String cartState(String cart) {
        return get("/carts/" + cart).required("state").asString();
    }

    String order(String cart) {
        return post("/orders", Map.of("cartId", cart), HttpStatus.CREATED)
                .required("id")
                .asString();
    }

    String orderState(String order) {
        return get("/orders/" + order).required("state").asString();
    }

    int stock(String product) {
        return get("/products/" + product).required("stock").asInt();
    }

    /** What an operator does to a slot; gives the outcome. */
    String act(String slot, String action) {
        return post("/actuator/asyncslots/" + slot, Map.of("action", action), HttpStatus.OK)
                .required("outcome")
                .asString();
    }

    /** One count of the ledger, such as {@code /carts/EXPIRED}. */
    long count(String pointer) {
        return get("/stats").at(pointer).asLong(0);
    }

    /** Asks until the answer is as wanted, and gives the last answer in any case. */
    static <T> T await(Supplier<T> question, Predicate<T> wanted) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        T answer = question.get();
        while (!wanted.test(answer) && System.nanoTime() - end < 0) {
            Thread.sleep(20);
            answer = question.get();
        }
        return answer;
    }

    private JsonNode read(RestTestClient.ResponseSpec response, HttpStatus status) {
        byte[] body = response.expectStatus()
                .isEqualTo(status)
                .expectBody()
                .returnResult()
                .getResponseBody();
        return body == null || body.length == 0 ? json.createObjectNode() : json.readTree(body);
    }
}
