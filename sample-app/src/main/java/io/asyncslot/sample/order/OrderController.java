package io.asyncslot.sample.order;

import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/orders")
class OrderController {

    private final OrderService orders;

    OrderController(OrderService orders) {
        this.orders = orders;
    }

    record Placement(String cartId) {}

    record Payment(long cents) {}

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    Order place(@RequestBody Placement placement) {
        return orders.place(placement.cartId());
    }

    @PostMapping("/{id}/payment")
    Order pay(@PathVariable String id, @RequestBody Payment payment) {
        return orders.pay(id, payment.cents());
    }

    @GetMapping("/{id}")
    Order find(@PathVariable String id) {
        return orders.find(id);
    }
}
