package io.asyncslot.slice;

import io.asyncslot.annotation.StartSlot;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** What a slice of the web layer has. */
@RestController
class CartController {

    @PostMapping("/carts/{id}")
    @StartSlot(map = "cart", key = "#id")
    public String open(@PathVariable String id) {
        return id;
    }
}
