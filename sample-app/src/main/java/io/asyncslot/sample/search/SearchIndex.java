package io.asyncslot.sample.search;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.WorkSlots;
import io.asyncslot.annotation.WorkSlot;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** The search index. Indexing a product takes a while; a hundred price changes meanwhile are one more run. */
@Component
public class SearchIndex {

    private final ProductService products;
    private final ShopIndexing indexing;
    private final Map<String, Product> indexed = new ConcurrentHashMap<>();
    private final AtomicLong runs = new AtomicLong();

    private final WorkSlots<String> slots;

    SearchIndex(ProductService products, ShopIndexing indexing, AsyncSlotRegistry registry) {
        this.products = products;
        this.indexing = indexing;
        this.slots = registry.works("reindex", String.class);
    }

    /** The same slots by hand: what is on sale when the shop opens is indexed once. */
    @EventListener(ApplicationReadyEvent.class)
    void open() {
        products.ids().forEach(slots::submit);
    }

    /** While the index is away, attempts follow with growing delays; once the circuit breaker is open, all wait for it. */
    @WorkSlot(map = "reindex", concurrency = 2, retry = "search", circuitBreaker = "search")
    void reindex(String productId) throws InterruptedException {
        Product product = products.find(productId);
        indexing.work();
        indexed.put(productId, product);
        runs.incrementAndGet();
    }

    List<Product> search(String text) {
        String wanted = text.toLowerCase(Locale.ROOT);
        return indexed.values().stream()
                .filter(product -> product.name().toLowerCase(Locale.ROOT).contains(wanted))
                .sorted(Comparator.comparing(Product::id))
                .toList();
    }

    public long runs() {
        return runs.get();
    }
}
