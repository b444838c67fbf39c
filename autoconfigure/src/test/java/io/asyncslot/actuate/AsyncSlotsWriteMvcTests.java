package io.asyncslot.actuate;

import org.springframework.boot.WebApplicationType;

/** Writing by the endpoint, on Spring MVC. */
class AsyncSlotsWriteMvcTests extends AbstractAsyncSlotsWriteTests {

    AsyncSlotsWriteMvcTests() {
        super(WebApplicationType.SERVLET);
    }
}
