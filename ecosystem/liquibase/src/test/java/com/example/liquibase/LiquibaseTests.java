package com.example.liquibase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;

class LiquibaseTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void start() throws IOException {
        postgres = EmbeddedPostgres.builder().setPGStartupWait(Duration.ofMinutes(2)).start();
    }

    @AfterAll
    static void stop() throws IOException {
        postgres.close();
    }

    private static void create(String database) throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create database " + database);
        }
    }

    private static ConfigurableApplicationContext run(String database, String... profiles) {
        return new SpringApplicationBuilder(LiquibaseApplication.class)
                .profiles(profiles)
                .run("--spring.datasource.url=" + postgres.getJdbcUrl("postgres", database));
    }

    private static TimerSlots<String> map(ConfigurableApplicationContext context) {
        return context.getBean(AsyncSlotRegistry.class).timers("invitation", String.class);
    }

    /** What Liquibase has run, in that order and how: the application's own, then the script of the cluster. */
    private static List<String> migrations(ConfigurableApplicationContext context) {
        return context.getBean(JdbcClient.class)
                .sql("select concat(id, ' ', exectype) from databasechangelog order by orderexecuted")
                .query(String.class)
                .list();
    }

    @Test
    void emptyDatabase_getsTheTablesOfBoth_andSlotsOutliveTheApplication() throws SQLException {
        create("shop");
        try (ConfigurableApplicationContext context = run("shop")) {
            assertThat(migrations(context)).containsExactly("1 EXECUTED", "asyncslot-cluster EXECUTED");
            Invitations invitations = context.getBean(Invitations.class);
            invitations.invite("Ada", true);
            assertThatIllegalStateException().isThrownBy(() -> invitations.invite("Bob", false));
            assertThat(map(context).find("Ada")).isPresent();
            assertThat(map(context).find("Bob")).isEmpty();
        }
        try (ConfigurableApplicationContext context = run("shop")) {
            assertThat(migrations(context))
                    .as("neither of them runs again")
                    .containsExactly("1 EXECUTED", "asyncslot-cluster EXECUTED");
            Invitations invitations = context.getBean(Invitations.class);
            assertThat(map(context).find("Ada")).isPresent();
            assertThat(invitations.state("Ada")).isEqualTo("OPEN");
            assertThat(invitations.state("Bob")).isEqualTo("NONE");
            map(context).start("Ada", Duration.ZERO);
            await().atMost(PATIENCE).until(() -> invitations.state("Ada").equals("LAPSED"));
        }
    }

    @Test
    void mapMadeAtOnce_comesAfterTheMigration() throws Exception {
        create("early");
        try (ConfigurableApplicationContext context = run("early", "announcements")) {
            assertThat(migrations(context)).containsExactly("1 EXECUTED", "asyncslot-cluster EXECUTED");
            Announcements announcements = context.getBean(Announcements.class);
            announcements.map().start("doors open", Duration.ZERO);
            assertThat(announcements.made().poll(30, TimeUnit.SECONDS)).isEqualTo("doors open");
            context.getBean(Invitations.class).invite("Ada", true);
            assertThat(map(context).find("Ada")).isPresent();
        }
    }
}
