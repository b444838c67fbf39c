package io.asyncslot.slice;

import io.asyncslot.annotation.StartSlot;
import org.springframework.stereotype.Service;

/** A bean with a trigger. */
@Service
class Carts {

    @StartSlot(map = "cart", key = "#id")
    public void open(String id) {}
}
