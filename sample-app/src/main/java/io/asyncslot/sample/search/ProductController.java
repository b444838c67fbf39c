package io.asyncslot.sample.search;

import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
class ProductController {

    private final ProductService products;
    private final SearchIndex index;
    private final ShopIndexing indexing;

    ProductController(ProductService products, SearchIndex index, ShopIndexing indexing) {
        this.products = products;
        this.index = index;
        this.indexing = indexing;
    }

    record Outage(boolean away) {}

    /** For demonstration: the system that products are indexed in goes away, or comes back. */
    @PutMapping("/search/outage")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void outage(@RequestBody Outage outage) {
        indexing.away(outage.away());
    }

    record Price(long cents) {}

    @GetMapping("/products/{id}")
    Product find(@PathVariable String id) {
        return products.find(id);
    }

    @PutMapping("/products/{id}/price")
    @ResponseStatus(HttpStatus.ACCEPTED)
    void price(@PathVariable String id, @RequestBody Price price) {
        products.price(id, price.cents());
    }

    @GetMapping("/search")
    List<Product> search(@RequestParam("q") String text) {
        return index.search(text);
    }
}
