package io.asyncslot.actuate;

import org.springframework.boot.WebApplicationType;

/** Writing by the endpoint, on WebFlux. */
class AsyncSlotsWriteWebFluxTests extends AbstractAsyncSlotsWriteTests {

    AsyncSlotsWriteWebFluxTests() {
        super(WebApplicationType.REACTIVE);
    }
}
