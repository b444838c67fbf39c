package io.asyncslot.dashboard;

import org.springframework.boot.WebApplicationType;

/** The dashboard of an application on WebFlux, in a browser. */
class BrowserWebFluxTests extends AbstractBrowserTests {

    BrowserWebFluxTests() {
        super(WebApplicationType.REACTIVE);
    }
}
