package io.asyncslot.sample.search;

import java.time.Duration;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/** Stands for the slow system that a real shop would index its products in. */
@Component
class ShopIndexing {

    private final Duration takes;
    private volatile boolean away;

    ShopIndexing(@Value("${shop.indexing}") Duration takes) {
        this.takes = takes;
    }

    /** Lets the system be away, or come back. */
    void away(boolean value) {
        away = value;
    }

    void work() throws InterruptedException {
        if (away) {
            throw new IllegalStateException("the index does not answer");
        }
        Thread.sleep(takes.toMillis());
    }
}
