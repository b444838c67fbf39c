package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

class FenceTests {

    @Test
    void pass_newerToken_onceOnly() throws Exception {
        try (HikariDataSource pool = TestDatabase.emptyPool(2);
                Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create table cart (id text primary key, fence bigint)");
            statement.execute("insert into cart values ('c', null)");
            assertThat(new Fence(7).pass(connection, "cart", "id", "c", "fence"))
                    .isTrue();
            assertThat(new Fence(7).pass(connection, "public.cart", "id", "c", "fence"))
                    .isFalse();
            assertThat(new Fence(6).pass(connection, "cart", "id", "c", "fence"))
                    .isFalse();
            assertThat(new Fence(8).pass(connection, "cart", "id", "c", "fence"))
                    .isTrue();
            assertThat(new Fence(9).pass(connection, "cart", "id", "none", "fence"))
                    .isFalse();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Fence(9).pass(connection, "cart; drop table cart", "id", "c", "fence"));
        }
    }
}
