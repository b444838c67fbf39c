package io.asyncslot.sample.search;

import java.time.Duration;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/** Stands for the slow system that a real shop would index its products in. */
@Component
class ShopIndexing {

    private final Duration takes;

    ShopIndexing(@Value("${shop.indexing}") Duration takes) {
        this.takes = takes;
    }

    void work() throws InterruptedException {
        Thread.sleep(takes.toMillis());
    }
}
