package io.asyncslot.sample.cart;

import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/carts")
class CartController {

    private final CartService carts;

    CartController(CartService carts) {
        this.carts = carts;
    }

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    Cart open() {
        return carts.open();
    }

    @PostMapping("/{id}/items")
    Cart add(@PathVariable String id, @RequestBody Cart.Item item) {
        return carts.add(id, item.productId(), item.quantity());
    }

    @PostMapping("/{id}/ping")
    Cart ping(@PathVariable String id) {
        return carts.ping(id);
    }

    @GetMapping("/{id}")
    Cart find(@PathVariable String id) {
        return carts.find(id);
    }

    @DeleteMapping("/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void drop(@PathVariable String id) {
        carts.drop(id);
    }
}
