package io.asyncslot.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMapStats;
import io.asyncslot.WorkSlots;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.HttpStatus;

/** Price changes over HTTP: many changes, few runs, the last price found. */
@ShopTest
class SearchTests {

    @Autowired
    private Customer customer;

    @Autowired
    private AsyncSlotRegistry registry;

    @Test
    void whatIsOnSaleIsFoundFromTheStart() throws InterruptedException {
        awaitRest();
        assertThat(price("cup")).isEqualTo(900);
        assertThat(customer.get("/search?q=nothing")).isEmpty();
    }

    @Test
    void manyPriceChangesAreFewRunsAndTheLastPriceIsFound() throws InterruptedException {
        awaitRest();
        long runs = customer.count("/indexRuns");
        long coalesced = slots().stats().coalesced();
        slots().pause(); // for two changes that have one run, however slow the requests are
        for (int cents = 1; cents <= 50; cents++) {
            customer.put("/products/teapot/price", Map.of("cents", cents), HttpStatus.ACCEPTED);
            if (cents == 2) {
                slots().resume();
            }
        }
        awaitRest();
        assertThat(price("pot")).isEqualTo(50);
        long further = customer.count("/indexRuns") - runs;
        assertThat(further).isBetween(1L, 49L);
        assertThat(slots().stats().coalesced() - coalesced).isEqualTo(50 - further);
    }

    @Test
    void aPriceThatIsRefusedIsNotIndexed() throws InterruptedException {
        awaitRest();
        long submitted = slots().stats().started();
        assertThat(customer.put("/products/cup/price", Map.of("cents", -1), HttpStatus.BAD_REQUEST)
                        .required("detail")
                        .asString())
                .contains("'cents'", "-1");
        customer.put("/products/nothing/price", Map.of("cents", 1), HttpStatus.NOT_FOUND);
        assertThat(slots().stats().started()).isEqualTo(submitted);
        assertThat(price("cup")).isEqualTo(900);
    }

    @Test
    void whileTheIndexIsAwayAttemptsFollow_andThePriceIsFoundAfterwards() throws InterruptedException {
        awaitRest();
        long failed = slots().stats().failed();
        customer.put("/search/outage", Map.of("away", true), HttpStatus.NO_CONTENT);
        customer.put("/products/tea/price", Map.of("cents", 77), HttpStatus.ACCEPTED);
        long attempts = Customer.await(() -> slots().stats().retried(), retried -> retried >= 2);
        assertThat(attempts).isGreaterThanOrEqualTo(2);
        customer.put("/search/outage", Map.of("away", false), HttpStatus.NO_CONTENT);
        assertThat(Customer.await(() -> price("green"), cents -> cents == 77)).isEqualTo(77);
        awaitRest();
        assertThat(slots().stats().failed()).isEqualTo(failed);
        assertThat(customer.get("/actuator/retryevents/search")
                        .required("retryEvents")
                        .toString())
                .contains("RETRY", "the index does not answer", "SUCCESS");
        assertThat(customer.get("/actuator/circuitbreakers").toString()).contains("search");
        assertThat(customer.text("/actuator/prometheus")).contains("resilience4j_retry_calls_total{");
    }

    private void awaitRest() throws InterruptedException {
        SlotMapStats stats = Customer.await(
                () -> slots().stats(), now -> now.fired() >= 3 && now.armed() + now.running() + now.queued() == 0);
        assertThat(stats.armed() + stats.running()).isZero();
    }

    private WorkSlots<String> slots() {
        return registry.works("reindex", String.class);
    }

    private long price(String text) {
        return customer.get("/search?q=" + text).path(0).path("priceCents").asLong(0);
    }
}
