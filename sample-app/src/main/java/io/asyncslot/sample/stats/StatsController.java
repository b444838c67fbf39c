package io.asyncslot.sample.stats;

import io.asyncslot.sample.search.SearchIndex;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
class StatsController {

    private final JdbcClient jdbc;
    private final SearchIndex index;

    private final Duration reservation;

    StatsController(JdbcClient jdbc, SearchIndex index, @Value("${shop.reservation}") Duration reservation) {
        this.jdbc = jdbc;
        this.index = index;
        this.reservation = reservation;
    }

    /** The shop's ledger: how many carts and orders are in which state, what is in stock, how often was indexed. */
    record Stats(
            Map<String, Long> carts,
            Map<String, Long> orders,
            long stock,
            long reserved,
            long indexRuns,
            String reservation) {}

    @GetMapping("/stats")
    Stats stats() {
        return new Stats(
                byState("cart"),
                byState("orders"),
                number("select sum(stock) from product"),
                number("select coalesce(sum(i.quantity), 0) from cart_item i join cart c on c.id = i.cart_id"
                        + " where c.state = 'OPEN'"),
                index.runs(),
                reservation.toString());
    }

    private Map<String, Long> byState(String table) {
        Map<String, Long> counts = new TreeMap<>();
        jdbc.sql("select state, count(*) as n from " + table + " group by state")
                .query((row, number) -> counts.put(row.getString("state"), row.getLong("n")))
                .list();
        return counts;
    }

    private long number(String sql) {
        return jdbc.sql(sql).query(Long.class).single();
    }
}
