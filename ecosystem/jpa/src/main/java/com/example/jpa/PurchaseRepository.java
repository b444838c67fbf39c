package com.example.jpa;

import io.asyncslot.annotation.CancelSlot;
import io.asyncslot.annotation.DeleteSlot;
import io.asyncslot.annotation.StartSlot;
import java.util.Optional;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.transaction.annotation.Transactional;

/** Whatever is saved is to be reviewed, unless it is deleted or archived before. */
public interface PurchaseRepository extends JpaRepository<Purchase, String> {

    /** Redeclared for its trigger; Spring Data implements it. */
    @Override
    @StartSlot(map = "review", key = "#entity.id")
    <S extends Purchase> S save(S entity);

    @Override
    @DeleteSlot(map = "review", key = "#id")
    void deleteById(String id);

    @Transactional
    @Modifying(clearAutomatically = true)
    @Query("update Purchase p set p.state = 'ARCHIVED' where p.id = :id")
    @CancelSlot(map = "review", key = "#id", condition = "#result == 1")
    int archive(String id);

    @StartSlot(map = "review", key = "#result.id", condition = "#result != null", delay = "1h")
    Optional<Purchase> findByReference(String reference);
}
