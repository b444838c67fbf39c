package com.example.jpa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.asyncslot.TimerSlots;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.transaction.support.TransactionTemplate;

/** Triggers on methods of a repository that Spring Data implements, in its own transactions and in those around it. */
@SpringBootTest
class RepositoryTests {

    @Autowired
    PurchaseRepository repository;

    @Autowired
    TransactionTemplate transaction;

    @Autowired
    @Qualifier("review")
    TimerSlots<String> reviews;

    @Test
    void save_arms_andTheCallbackFindsTheEntity() {
        repository.save(new Purchase("s1", "save-1"));
        assertThat(reviews.find("s1")).isPresent();
        reviews.start("s1", Duration.ZERO);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> repository.findById("s1").orElseThrow().getState().equals("REVIEWED"));
    }

    @Test
    void save_armsWithTheCommitOfTheTransactionAroundIt_andNotWithoutOne() {
        transaction.executeWithoutResult(status -> {
            repository.save(new Purchase("t1", "around-1"));
            assertThat(reviews.find("t1")).as("before the commit").isEmpty();
        });
        assertThat(reviews.find("t1")).isPresent();
        transaction.executeWithoutResult(status -> {
            repository.save(new Purchase("t2", "around-2"));
            status.setRollbackOnly();
        });
        assertThat(repository.findById("t2")).isEmpty();
        assertThat(reviews.find("t2")).isEmpty();
    }

    @Test
    void save_whoseOwnTransactionFails_armsNothing() {
        repository.save(new Purchase("u1", "unique"));
        assertThatExceptionOfType(DataIntegrityViolationException.class)
                .isThrownBy(() -> repository.save(new Purchase("u2", "unique")));
        assertThat(reviews.find("u1")).isPresent();
        assertThat(reviews.find("u2")).isEmpty();
    }

    @Test
    void deleteById_deletesTheSlot_unlessItIsRolledBack() {
        repository.save(new Purchase("d1", "delete-1"));
        transaction.executeWithoutResult(status -> {
            repository.deleteById("d1");
            status.setRollbackOnly();
        });
        assertThat(reviews.find("d1")).as("rolled back").isPresent();
        repository.deleteById("d1");
        assertThat(repository.findById("d1")).isEmpty();
        assertThat(reviews.find("d1")).isEmpty();
    }

    @Test
    void queryOfItsOwn_cancelsByItsResult() {
        repository.save(new Purchase("q1", "query-1"));
        assertThat(repository.archive("q1")).isOne();
        assertThat(reviews.find("q1")).isEmpty();
        assertThat(repository.findById("q1").orElseThrow().getState()).isEqualTo("ARCHIVED");
        reviews.start("nobody");
        assertThat(repository.archive("nobody")).isZero();
        assertThat(reviews.find("nobody")).as("nothing was archived").isPresent();
    }

    @Test
    void derivedQuery_armsByWhatItFound() {
        repository.save(new Purchase("f1", "find-1"));
        reviews.delete("f1");
        assertThat(repository.findByReference("nothing")).isEmpty();
        assertThat(repository.findByReference("find-1")).isPresent();
        assertThat(reviews.find("f1")).hasValueSatisfying(slot -> assertThat(slot.timeLeft())
                .isGreaterThan(Duration.ofMinutes(50)));
    }
}
