package io.asyncslot.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotClock;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.fuzz.FuzzInput;
import io.asyncslot.spring.BackendSelection;
import io.asyncslot.test.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import tools.jackson.databind.json.JsonMapper;

/**
 * Requests to the endpoint with any maps, keys and parameters: answered by 200, 400 or 404, with a body that is JSON, and the
 * list of a map can be had afterwards. A path that would lose a part of its key is told from others.
 */
public final class EndpointFuzz {

    private static final int MOST_REQUESTS = 12;
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final SlotPath PATH = new SlotPath("/actuator/asyncslots");

    private EndpointFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        try (ManualTime time = ManualTime.create()) {
            AsyncSlotRegistry registry = time.registry();
            registry.register(TimerMapSpec.named("texts", String.class)
                    .delay(Duration.ofSeconds(5))
                    .callback((key, firing) -> {})
                    .build());
            registry.register(WorkMapSpec.named("numbers", Long.class)
                    .callback((key, firing) -> {})
                    .build());
            registry.register(TimerMapSpec.named("ids", UUID.class)
                    .callback((key, firing) -> {})
                    .build());
            registry.register(TimerMapSpec.named("clocks", SlotClock.class)
                    .callback((key, firing) -> {})
                    .build());
            AsyncSlotsEndpointWebExtension endpoint = new AsyncSlotsEndpointWebExtension(
                    new AsyncSlotsEndpoint(
                            registry, new BackendSelection("jvm", "jvm", List.of()), List.of(), event -> {}),
                    Show.ALWAYS,
                    Set.of());
            for (int i = 0; i < MOST_REQUESTS && input.hasMore(); i++) {
                answered(request(endpoint, input));
                time.advance(Duration.ofMillis(input.number()));
            }
            for (String map : List.of("texts", "numbers", "ids", "clocks")) {
                int status =
                        answered(endpoint.find(SecurityContext.NONE, map, null, null, null, null, null, null, null));
                assertThat(status).as("list of %s", map).isEqualTo(WebEndpointResponse.STATUS_OK);
            }
        }
        path(new FuzzInput(bytes).rest());
    }

    private static WebEndpointResponse<OperationResponseBody> request(
            AsyncSlotsEndpointWebExtension endpoint, FuzzInput input) {
        int kind = input.number();
        String map = kind % 8 == 7 ? input.text() : input.one("texts", "numbers", "ids", "clocks");
        Object key = switch (kind / 8 % 4) {
            case 0 -> null;
            case 1 -> input.one("a", "7", "00000000-0000-0000-0000-000000000001", "REALTIME");
            case 2 -> input.text();
            default -> List.of(input.text(), "b");
        };
        String element = key instanceof String text ? text : input.text();
        return switch (kind / 32) {
            case 0 ->
                endpoint.find(
                        SecurityContext.NONE,
                        map,
                        key,
                        word(input, "armed", "failed"),
                        word(input, "a", ""),
                        word(input, "10m", "PT1H"),
                        word(input, "deadline", "failed"),
                        word(input, "1", "99"),
                        word(input, "1000", "1"));
            case 1 -> endpoint.slot(SecurityContext.NONE, map, element, null);
            case 2 -> endpoint.delete(SecurityContext.NONE, map, key);
            case 3 -> endpoint.deleteSlot(SecurityContext.NONE, map, element, null);
            case 4 ->
                endpoint.writeSlot(
                        SecurityContext.NONE, map, element, null, action(input), word(input, "3s", "PT1000000H"));
            default ->
                endpoint.write(
                        SecurityContext.NONE,
                        map,
                        key,
                        action(input),
                        word(input, "3s", "0"),
                        word(input, "", "a"),
                        word(input, "5", "1000"));
        };
    }

    private static @Nullable String action(FuzzInput input) {
        return input.number() % 2 == 0
                ? input.one("start", "cancel", "fire", "pause", "resume", "delete")
                : word(input, "start", "fire");
    }

    private static @Nullable String word(FuzzInput input, String one, String other) {
        return switch (input.number() % 5) {
            case 0, 1 -> null;
            case 2 -> one;
            case 3 -> other;
            default -> input.text();
        };
    }

    private static int answered(WebEndpointResponse<OperationResponseBody> response) {
        assertThat(response.getStatus()).isIn(200, 400, 404);
        assertThat(response.getBody()).isNotNull();
        assertThat(JSON.readTree(JSON.writeValueAsBytes(response.getBody())).isObject())
                .isTrue();
        return response.getStatus();
    }

    private static void path(String path) {
        assertThat(PATH.losesAPart(path)).isIn(false, path.contains(";"));
        assertThat(PATH.losesAPart("/actuator/asyncslots/texts/" + path)).isEqualTo(path.contains(";"));
    }
}
