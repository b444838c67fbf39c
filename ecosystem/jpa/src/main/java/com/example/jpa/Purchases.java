package com.example.jpa;

import io.asyncslot.annotation.DeleteSlot;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Purchases are cancelled unless they are paid in time. */
@Service
public class Purchases {

    private final PurchaseRepository repository;

    Purchases(PurchaseRepository repository) {
        this.repository = repository;
    }

    @Transactional
    @StartSlot(map = "payment", key = "#result.id")
    public Purchase place(String id, String reference) {
        return repository.save(new Purchase(id, reference));
    }

    @Transactional(propagation = Propagation.REQUIRES_NEW)
    @StartSlot(map = "payment", key = "#id")
    public void placeApart(String id) {
        repository.save(new Purchase(id, id));
    }

    @Transactional
    @DeleteSlot(map = "payment", key = "#id")
    public void pay(String id, boolean covered) {
        repository.findById(id).orElseThrow();
        if (!covered) {
            throw new IllegalStateException("not covered");
        }
    }

    @Transactional
    @TimerSlot(map = "review", delay = "30m")
    public void review(String id) {
        repository.findById(id).ifPresent(Purchase::review);
    }

    @Transactional
    @TimerSlot(map = "payment", delay = "10m")
    public void unpaid(String id) {
        repository.findById(id).orElseThrow().cancel();
    }
}
