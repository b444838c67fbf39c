package io.asyncslot.actuate;

import org.springframework.boot.WebApplicationType;

/** The endpoint on WebFlux. */
class AsyncSlotsEndpointWebFluxTests extends AbstractAsyncSlotsEndpointTests {

    AsyncSlotsEndpointWebFluxTests() {
        super(WebApplicationType.REACTIVE);
    }
}
