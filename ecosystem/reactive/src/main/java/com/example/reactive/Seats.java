package com.example.reactive;

import io.asyncslot.annotation.DeleteSlot;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import java.time.Duration;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Seats are held for a while. */
@Service
public class Seats {

    private final SeatRepository repository;

    Seats(SeatRepository repository) {
        this.repository = repository;
    }

    @Transactional
    @StartSlot(map = "hold", key = "#result.name")
    public Mono<Seat> hold(String name) {
        return repository.save(new Seat(null, name, "HELD"));
    }

    @Transactional
    @StartSlot(map = "hold", key = "#name")
    public Mono<Seat> holdAndFail(String name) {
        return repository.save(new Seat(null, name, "HELD")).then(Mono.error(new IllegalStateException("sold out")));
    }

    @StartSlot(map = "hold", key = "#names[0]")
    public Flux<Seat> holdAll(String... names) {
        return Flux.fromArray(names).flatMap(name -> repository.save(new Seat(null, name, "HELD")));
    }

    @Transactional
    @DeleteSlot(map = "hold", key = "#name")
    public Mono<Void> buy(String name) {
        return repository.findByName(name).then();
    }

    @TimerSlot(map = "hold", delay = "10m")
    public void expired(String name) {
        repository.free(name).block(Duration.ofSeconds(10));
    }
}
