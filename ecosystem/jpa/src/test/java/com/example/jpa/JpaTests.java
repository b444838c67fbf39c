package com.example.jpa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import io.asyncslot.TransactionalSlots;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.transaction.support.TransactionTemplate;

@SpringBootTest
class JpaTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Autowired
    Purchases purchases;

    @Autowired
    PurchaseRepository repository;

    @Autowired
    TransactionTemplate transaction;

    @Autowired
    AsyncSlotRegistry registry;

    @Autowired
    @Qualifier("payment")
    TimerSlots<String> payments;

    @Test
    void commit_arms_andTheCallbackChangesTheEntity() {
        purchases.place("p1", "r1");
        assertThat(payments.find("p1")).isPresent();
        payments.start("p1", Duration.ZERO);
        await().atMost(PATIENCE)
                .until(() -> repository.findById("p1").orElseThrow().getState().equals("CANCELLED"));
    }

    @Test
    void rollback_leavesSlotsAsTheyWere() {
        assertThatIllegalStateException().isThrownBy(() -> transaction.executeWithoutResult(status -> {
            purchases.place("p2", "r2");
            throw new IllegalStateException("after all, no");
        }));
        assertThat(payments.find("p2")).isEmpty();
        assertThat(repository.findById("p2")).isEmpty();

        purchases.place("p3", "r3");
        assertThatIllegalStateException().isThrownBy(() -> purchases.pay("p3", false));
        assertThat(payments.find("p3")).isPresent();
        purchases.pay("p3", true);
        assertThat(payments.find("p3")).isEmpty();
    }

    @Test
    void failureOfTheFlushAtCommit_armsNothing() {
        purchases.place("p4", "same");
        assertThatExceptionOfType(DataIntegrityViolationException.class)
                .isThrownBy(() -> purchases.place("p5", "same"));
        assertThat(payments.find("p4")).isPresent();
        assertThat(payments.find("p5")).isEmpty();
    }

    @Test
    void innerTransaction_armsAlthoughTheOuterOneIsRolledBack() {
        transaction.executeWithoutResult(status -> {
            purchases.placeApart("p6");
            assertThat(payments.find("p6")).isPresent();
            purchases.place("p7", "r7");
            assertThat(payments.find("p7")).isEmpty();
            status.setRollbackOnly();
        });
        assertThat(payments.find("p6")).isPresent();
        assertThat(payments.find("p7")).isEmpty();
    }

    @Test
    void transactionalView_actsWithTheCommit() {
        TransactionalSlots.Timers<String> view = registry.transactional().timers("payment", String.class);
        transaction.executeWithoutResult(status -> {
            view.start("p8");
            status.setRollbackOnly();
        });
        assertThat(payments.find("p8")).isEmpty();
        transaction.executeWithoutResult(status -> {
            view.start("p9");
            assertThat(payments.find("p9")).isEmpty();
        });
        assertThat(payments.find("p9")).isPresent();
    }
}
