package io.asyncslot.actuate;

import java.security.Principal;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.annotation.RegisterReflectionForBinding;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;

/**
 * What {@link AsyncSlotsEndpoint} is over HTTP: 404 for what there is not, 400 with the reason for bad input, and
 * values shown to whom they may be shown. Thread-safe.
 */
@RegisterReflectionForBinding(AsyncSlotsEndpointWebExtension.Problem.class)
@EndpointWebExtension(endpoint = AsyncSlotsEndpoint.class)
public class AsyncSlotsEndpointWebExtension {

    private final AsyncSlotsEndpoint delegate;
    private final Show showValues;
    private final Set<String> roles;

    /**
     * Makes the extension.
     *
     * @param delegate the endpoint
     * @param showValues when to show values
     * @param roles who is authorized to see them; empty for everyone who is authenticated
     */
    public AsyncSlotsEndpointWebExtension(AsyncSlotsEndpoint delegate, Show showValues, Set<String> roles) {
        this.delegate = delegate;
        this.showValues = showValues;
        this.roles = Set.copyOf(roles);
    }

    /**
     * Why a request was not answered.
     *
     * @param error what is wrong, naming value and rule
     * @param explanation what is known of a slot that is not there, a sentence each; else null
     */
    public record Problem(String error, @Nullable List<String> explanation) implements OperationResponseBody {}

    /**
     * Slots of one map, or one slot.
     *
     * @param securityContext who asks
     * @param state a state that the slots of a map must be in; null for all
     * @param prefix what the keys of the slots of a map begin with; null for all
     * @param limit how many slots of a map to show, 1 to 1000; null for 100
     * @param path the map's name, and for one slot its key, in as many elements as it has slashes
     * @return the description, or what is wrong
     */
    @ReadOperation
    public WebEndpointResponse<OperationResponseBody> find(
            SecurityContext securityContext,
            @Nullable String state,
            @Nullable String prefix,
            @Nullable String limit,
            @Selector(match = Match.ALL_REMAINING) String... path) {
        boolean values = showValues.isShown(securityContext, roles);
        String map = path[0];
        return answer(
                path,
                () -> path.length == 1
                        ? delegate.map(map, state, prefix, limit(limit), values)
                        : delegate.slot(map, AsyncSlotsEndpoint.key(path), values));
    }

    /**
     * Does something to a slot, to the slots of a map whose keys begin alike, or to a map; see
     * {@link AsyncSlotsEndpoint#write}.
     *
     * @param securityContext who asks
     * @param action start, cancel, fire, pause, resume or delete
     * @param delay the delay of a start; null for the map's own
     * @param prefix what the keys of the slots of a map begin with; null for the map itself
     * @param limit how many slots of a map to act on, 1 to 1000; null for 100
     * @param path the map's name, and for one slot its key, in as many elements as it has slashes
     * @return the outcome, or what is wrong
     */
    @WriteOperation
    public WebEndpointResponse<OperationResponseBody> write(
            SecurityContext securityContext,
            @Nullable String action,
            @Nullable String delay,
            @Nullable String prefix,
            @Nullable String limit,
            @Selector(match = Match.ALL_REMAINING) String... path) {
        boolean values = showValues.isShown(securityContext, roles);
        return answer(
                path,
                () -> delegate.write(
                        path,
                        new SlotWrites.Request(user(securityContext), action, delay, prefix, limit(limit)),
                        values));
    }

    /**
     * Deletes a slot.
     *
     * @param securityContext who asks
     * @param path the map's name and the key, in as many elements as it has slashes
     * @return the outcome, or what is wrong
     */
    @DeleteOperation
    public WebEndpointResponse<OperationResponseBody> delete(
            SecurityContext securityContext, @Selector(match = Match.ALL_REMAINING) String... path) {
        boolean values = showValues.isShown(securityContext, roles);
        return answer(path, () -> delegate.delete(path, user(securityContext), values));
    }

    private static @Nullable String user(SecurityContext securityContext) {
        Principal principal = securityContext.getPrincipal();
        return principal == null ? null : principal.getName();
    }

    private static int limit(@Nullable String limit) {
        try {
            return limit == null ? AsyncSlotsEndpoint.DEFAULT_LIMIT : Integer.parseInt(limit);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "'limit' must be 1 to " + AsyncSlotsEndpoint.MAX_LIMIT + ": '" + limit + "'", e);
        }
    }

    private WebEndpointResponse<OperationResponseBody> answer(
            String[] path, Supplier<? extends @Nullable OperationResponseBody> body) {
        try {
            OperationResponseBody found = body.get();
            return found == null
                    ? new WebEndpointResponse<>(notFound(path), WebEndpointResponse.STATUS_NOT_FOUND)
                    : new WebEndpointResponse<>(found);
        } catch (IllegalArgumentException e) {
            return new WebEndpointResponse<>(
                    new Problem(String.valueOf(e.getMessage()), null), WebEndpointResponse.STATUS_BAD_REQUEST);
        }
    }

    private Problem notFound(String[] path) {
        if (path.length == 1) {
            return new Problem("there is no slot map '" + path[0] + "'", null);
        }
        String key = AsyncSlotsEndpoint.key(path);
        List<String> known = delegate.explain(path[0], key, false);
        return new Problem(
                "there is no slot '" + key + "' in a slot map '" + path[0] + "'", known.isEmpty() ? null : known);
    }
}
