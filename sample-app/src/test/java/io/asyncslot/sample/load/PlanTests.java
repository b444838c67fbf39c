package io.asyncslot.sample.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The load goes to this machine only, and is bounded. */
class PlanTests {

    @Test
    void goesToTheLocalShopUnlessSaid() throws UnknownHostException {
        Plan plan = Plan.of(new String[0]);
        assertThat(plan.url()).hasToString("http://127.0.0.1:8080");
        assertThat(plan.carts()).isEqualTo(plan.kept() + plan.abandoned() + 3 * (plan.kept() / 10));
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://localhost:8081", "http://127.0.0.5:80", "http://[::1]:8080"})
    void takesLoopbackAddresses(String url) throws UnknownHostException {
        assertThat(Plan.of(new String[] {url}).url()).hasToString(url);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://192.0.2.1:8080", "http://10.0.0.1", "http://0.0.0.0:8080", "/carts"})
    void refusesAnyOther(String url) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Plan.of(new String[] {url}))
                .withMessageContaining("loopback")
                .withMessageContaining(url);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "100001"})
    void refusesMoreThanItsBounds(String kept) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Plan.of(new String[] {"http://127.0.0.1", kept}))
                .withMessageContaining("'kept'")
                .withMessageContaining(kept);
    }
}
