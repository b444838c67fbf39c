package io.asyncslot.slice;

import io.asyncslot.annotation.TimerSlot;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.stereotype.Component;

/** A bean with a callback. */
@Component
class CartExpiry {

    final List<String> expired = new CopyOnWriteArrayList<>();

    @TimerSlot(map = "cart", delay = "30m")
    public void expired(String id) {
        expired.add(id);
    }
}
