package io.asyncslot.dashboard;

import org.jspecify.annotations.Nullable;

/**
 * What a page has to know about its viewer. Immutable.
 *
 * @param endpoint where the Actuator endpoint is, relative to the page; null if it is not exposed over the web
 * @param write whether the endpoint takes writes, from those whom the application lets
 * @param user the viewer's name, null if it is not known
 * @param csrfHeader the header that a write must have, null if it needs none
 * @param csrfToken the header's value
 */
record Session(
        @Nullable String endpoint,
        boolean write,
        @Nullable String user,
        @Nullable String csrfHeader,
        @Nullable String csrfToken) {}
