package com.example.reactive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.TimerSlots;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.webtestclient.autoconfigure.AutoConfigureWebTestClient;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@AutoConfigureWebTestClient
class ReactiveTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Autowired
    Seats seats;

    @Autowired
    SeatRepository repository;

    @Autowired
    TransactionalOperator transaction;

    @Autowired
    WebTestClient web;

    @Autowired
    @Qualifier("hold")
    TimerSlots<String> holds;

    @Test
    void request_arms_theEndpointShowsIt_andTheCallbackFires() {
        web.post().uri("/seats/a1").exchange().expectStatus().isOk();
        web.get()
                .uri("/actuator/asyncslots/hold/a1")
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody()
                .jsonPath("$.runState")
                .isEqualTo("ARMED");
        holds.start("a1", Duration.ZERO);
        await().atMost(PATIENCE)
                .until(() -> repository.findByName("a1").blockFirst().state().equals("FREE"));
    }

    @Test
    void publisherWithoutSubscriber_armsNothing_andEachSubscriptionArms() {
        Mono<Seat> held = seats.hold("b1");
        assertThat(holds.find("b1")).isEmpty();
        StepVerifier.create(held).expectNextCount(1).verifyComplete();
        long first = holds.find("b1").orElseThrow().generation();
        StepVerifier.create(held).expectNextCount(1).verifyComplete();
        assertThat(holds.find("b1").orElseThrow().generation()).isGreaterThanOrEqualTo(first);
        assertThat(repository.findByName("b1").count().block()).isEqualTo(2);
    }

    @Test
    void publisherThatFails_rollsBack_andArmsNothing() {
        StepVerifier.create(seats.holdAndFail("c1")).verifyError(IllegalStateException.class);
        assertThat(holds.find("c1")).isEmpty();
        assertThat(repository.findByName("c1").count().block()).isZero();
    }

    @Test
    void outerTransaction_rolledBack_armsAndDeletesNothing() {
        StepVerifier.create(seats.hold("d1")).expectNextCount(1).verifyComplete();
        StepVerifier.create(transaction.execute(status -> {
                    status.setRollbackOnly();
                    return seats.hold("d2").then(seats.buy("d1"));
                }))
                .verifyComplete();
        assertThat(holds.find("d1")).isPresent();
        assertThat(holds.find("d2")).isEmpty();
        StepVerifier.create(seats.buy("d1")).verifyComplete();
        assertThat(holds.find("d1")).isEmpty();
    }

    @Test
    void flux_armsWhenItHasCompleted() {
        StepVerifier.create(seats.holdAll("e1", "e2", "e3")).expectNextCount(3).verifyComplete();
        assertThat(holds.find("e1")).isPresent();
    }
}
