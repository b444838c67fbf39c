package io.asyncslot.sample.search;

import io.asyncslot.annotation.SubmitSlot;
import io.asyncslot.sample.ShopException;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** Products and their prices. */
@Service
public class ProductService {

    private final JdbcClient jdbc;

    ProductService(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** Sets a price and asks for the product to be indexed again, once however often it is asked. */
    @Transactional
    @SubmitSlot(map = "reindex", key = "#productId")
    public void price(String productId, long cents) {
        if (cents < 0) {
            throw ShopException.badRequest("'cents' must not be negative: " + cents);
        }
        int priced = jdbc.sql("update product set price_cents = ? where id = ?")
                .params(cents, productId)
                .update();
        if (priced == 0) {
            throw ShopException.notFound("product", productId);
        }
    }

    @Transactional(readOnly = true)
    public Product find(String productId) {
        return jdbc.sql("select id, name, price_cents, stock from product where id = ?")
                .param(productId)
                .query(Product.class)
                .optional()
                .orElseThrow(() -> ShopException.notFound("product", productId));
    }

    @Transactional(readOnly = true)
    public List<String> ids() {
        return jdbc.sql("select id from product order by id")
                .query((row, number) -> row.getString(1))
                .list();
    }
}
