package com.example.reactive;

import org.springframework.data.r2dbc.repository.Modifying;
import org.springframework.data.r2dbc.repository.Query;
import org.springframework.data.repository.reactive.ReactiveCrudRepository;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

public interface SeatRepository extends ReactiveCrudRepository<Seat, Long> {

    Flux<Seat> findByName(String name);

    @Modifying
    @Query("update seat set state = 'FREE' where name = :name")
    Mono<Integer> free(String name);
}
