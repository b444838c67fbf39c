package io.asyncslot.dashboard;

import org.springframework.boot.WebApplicationType;

/** The dashboard on WebFlux. */
class DashboardWebFluxTests extends AbstractDashboardTests {

    DashboardWebFluxTests() {
        super(WebApplicationType.REACTIVE);
    }
}
