package io.asyncslot.dashboard;

import org.springframework.boot.WebApplicationType;

/** The dashboard of an application on Spring MVC, in a browser. */
class BrowserMvcTests extends AbstractBrowserTests {

    BrowserMvcTests() {
        super(WebApplicationType.SERVLET);
    }
}
