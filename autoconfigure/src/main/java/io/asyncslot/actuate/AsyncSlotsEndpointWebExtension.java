package io.asyncslot.actuate;

import java.security.Principal;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.annotation.RegisterReflectionForBinding;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
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
     * @param failed whether a slot that is not there left a failed firing that can be retried or forgotten
     */
    public record Problem(String error, @Nullable List<String> explanation, boolean failed)
            implements OperationResponseBody {}

    /**
     * A page of the slots of one map, or the slot of one key; see {@link AsyncSlotsEndpoint#find}.
     *
     * @param securityContext who asks
     * @param map the map's name
     * @param key a key, whole, whatever characters it has; null for a list
     * @param state what the slots of the list must be: a state, overdue, failed or paused; null for all
     * @param prefix what the keys of the list begin with; null for all
     * @param within only slots that are due within this time; null for all
     * @param sort deadline, running, paused or failed; null for no order
     * @param page which page of an ordered list, counted from 0; null for the first
     * @param limit how many slots a page has, 1 to 1000; null for 100
     * @return the description, or what is wrong
     */
    @ReadOperation
    public WebEndpointResponse<OperationResponseBody> find(
            SecurityContext securityContext,
            @Selector String map,
            @Nullable Object key,
            @Nullable String state,
            @Nullable String prefix,
            @Nullable String within,
            @Nullable String sort,
            @Nullable String page,
            @Nullable String limit) {
        boolean values = showValues.isShown(securityContext, roles);
        return answer(
                map,
                key,
                one -> delegate.find(map, one, new SlotQuery.Text(state, prefix, within, sort, page, limit), values));
    }

    /**
     * One slot.
     *
     * @param securityContext who asks
     * @param map the map's name
     * @param element its key, where one element of a path can carry it: not empty and without a slash
     * @param key must be null: the key is in the path
     * @return the description, or what is wrong
     */
    @ReadOperation
    public WebEndpointResponse<OperationResponseBody> slot(
            SecurityContext securityContext, @Selector String map, @Selector String element, @Nullable Object key) {
        boolean values = showValues.isShown(securityContext, roles);
        return answer(map, only(element, key), one -> delegate.slot(map, element, values));
    }

    /**
     * Does something to a slot, to the slots of a map whose keys begin alike, or to a map; see
     * {@link AsyncSlotsEndpoint#write}.
     *
     * @param securityContext who asks
     * @param map the map's name
     * @param key a key, whole, whatever characters it has; null for several slots or the map
     * @param action start, cancel, fire, pause, resume, delete, retry or forget
     * @param delay the delay of a start; null for the map's own
     * @param prefix what the keys of the slots of a map begin with; null for the map itself
     * @param limit how many slots of a map to act on, 1 to 1000; null for 100
     * @return the outcome, or what is wrong
     */
    @WriteOperation
    public WebEndpointResponse<OperationResponseBody> write(
            SecurityContext securityContext,
            @Selector String map,
            @Nullable Object key,
            @Nullable String action,
            @Nullable String delay,
            @Nullable String prefix,
            @Nullable String limit) {
        boolean values = showValues.isShown(securityContext, roles);
        return answer(
                map,
                key,
                one -> delegate.write(
                        map,
                        one,
                        new SlotWrites.Request(user(securityContext), action, delay, prefix, SlotQuery.limit(limit)),
                        values));
    }

    /**
     * Does something to one slot; see {@link AsyncSlotsEndpoint#write}.
     *
     * @param securityContext who asks
     * @param map the map's name
     * @param element its key, where one element of a path can carry it: not empty and without a slash
     * @param key must be null: the key is in the path
     * @param action start, cancel, fire, pause, resume, delete, retry or forget
     * @param delay the delay of a start; null for the map's own
     * @return the outcome, or what is wrong
     */
    @WriteOperation
    public WebEndpointResponse<OperationResponseBody> writeSlot(
            SecurityContext securityContext,
            @Selector String map,
            @Selector String element,
            @Nullable Object key,
            @Nullable String action,
            @Nullable String delay) {
        boolean values = showValues.isShown(securityContext, roles);
        return answer(
                map,
                only(element, key),
                one -> delegate.write(
                        map,
                        one,
                        new SlotWrites.Request(
                                user(securityContext), action, delay, null, AsyncSlotsEndpoint.DEFAULT_LIMIT),
                        values));
    }

    /**
     * Deletes a slot.
     *
     * @param securityContext who asks
     * @param map the map's name
     * @param key its key, whole, whatever characters it has
     * @return the outcome, or what is wrong
     */
    @DeleteOperation
    public WebEndpointResponse<OperationResponseBody> delete(
            SecurityContext securityContext, @Selector String map, @Nullable Object key) {
        boolean values = showValues.isShown(securityContext, roles);
        return answer(map, key, one -> delegate.delete(map, one, user(securityContext), values));
    }

    /**
     * Deletes a slot.
     *
     * @param securityContext who asks
     * @param map the map's name
     * @param element its key, where one element of a path can carry it: not empty and without a slash
     * @param key must be null: the key is in the path
     * @return the outcome, or what is wrong
     */
    @DeleteOperation
    public WebEndpointResponse<OperationResponseBody> deleteSlot(
            SecurityContext securityContext, @Selector String map, @Selector String element, @Nullable Object key) {
        boolean values = showValues.isShown(securityContext, roles);
        return answer(map, only(element, key), one -> delegate.delete(map, one, user(securityContext), values));
    }

    /** What is asked for one key, or null for none. */
    private interface Question {
        @Nullable
        OperationResponseBody ask(@Nullable String key);
    }

    /** The key in the path, with what the query says beside it. */
    private static Object only(String element, @Nullable Object key) {
        return key == null ? element : List.of(element, key);
    }

    private static @Nullable String user(SecurityContext securityContext) {
        Principal principal = securityContext.getPrincipal();
        return principal == null ? null : principal.getName();
    }

    /** Answers for one key; a parameter that comes several times is a list, which is not one key. */
    private WebEndpointResponse<OperationResponseBody> answer(String map, @Nullable Object key, Question question) {
        if (key != null && !(key instanceof String)) {
            return problem(WebEndpointResponse.STATUS_BAD_REQUEST, "a request names one key, but this names " + key);
        }
        String one = (String) key;
        try {
            OperationResponseBody found = question.ask(one);
            return found == null ? notFound(map, one) : new WebEndpointResponse<>(found);
        } catch (IllegalArgumentException e) {
            return problem(WebEndpointResponse.STATUS_BAD_REQUEST, String.valueOf(e.getMessage()));
        }
    }

    private WebEndpointResponse<OperationResponseBody> notFound(String map, @Nullable String key) {
        if (key == null) {
            return problem(WebEndpointResponse.STATUS_NOT_FOUND, "there is no slot map '" + map + "'");
        }
        List<String> known = delegate.explain(map, key, false);
        return new WebEndpointResponse<>(
                new Problem(
                        "there is no slot '" + key + "' in a slot map '" + map + "'",
                        known.isEmpty() ? null : known,
                        delegate.leftAFailedFiring(map, key)),
                WebEndpointResponse.STATUS_NOT_FOUND);
    }

    private static WebEndpointResponse<OperationResponseBody> problem(int status, String error) {
        return new WebEndpointResponse<>(new Problem(error, null, false), status);
    }
}
