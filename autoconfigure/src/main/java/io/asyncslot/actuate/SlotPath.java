package io.asyncslot.actuate;

import java.nio.charset.StandardCharsets;
import org.springframework.web.util.UriUtils;

/**
 * Tells whether the path of a request for the endpoint may name another key than it was meant to: a semicolon that is
 * not escaped begins a matrix parameter, which web frameworks take out of the path before anybody sees it. Immutable.
 */
public final class SlotPath {

    /** What such a request is answered, as JSON. */
    static final String PROBLEM =
            "{\"error\":\"a semicolon in the path is taken for the start of a parameter, so the rest of"
                    + " the key would be lost: write it as %3B, or name the key by the parameter 'key'\"}";

    private final String endpoint;

    /**
     * Makes it for an endpoint.
     *
     * @param endpoint the path of the endpoint, below what the server puts in front of it
     */
    public SlotPath(String endpoint) {
        this.endpoint = endpoint;
    }

    /**
     * Whether a request is for the endpoint and its path holds a semicolon that is not escaped.
     *
     * @param path the path as it came, with escapes
     * @return whether to refuse it
     */
    boolean losesAPart(String path) {
        if (path.indexOf(';') < 0) {
            return false;
        }
        String bare = path.replaceAll(";[^/]*", "");
        try {
            return UriUtils.decode(bare, StandardCharsets.UTF_8).contains(endpoint);
        } catch (IllegalArgumentException e) {
            return bare.contains(endpoint); // no valid escape: whoever decodes it later will say so
        }
    }
}
