package com.example.reactive;

import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

@RestController
class SeatController {

    private final Seats seats;

    SeatController(Seats seats) {
        this.seats = seats;
    }

    @PostMapping("/seats/{name}")
    Mono<Seat> hold(@PathVariable String name) {
        return seats.hold(name);
    }
}
