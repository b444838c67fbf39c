package io.asyncslot.sample;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.time.Duration;

/** A PostgreSQL from a jar, until the standard input ends; says its address. For cluster-demo.sh. */
final class LocalPostgres {

    private LocalPostgres() {}

    public static void main(String[] arguments) throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder()
                .setPGStartupWait(Duration.ofMinutes(2))
                .start()) {
            System.out.println("SHOP_DATABASE=" + postgres.getJdbcUrl("postgres", "postgres"));
            while (System.in.read() >= 0) {
                // whoever started this holds the other end
            }
        }
    }
}
