package io.asyncslot.cluster;

import java.sql.Connection;
import java.util.List;

/**
 * What the nodes of the kill test write down about every key, in tables beside the slots: what was meant to be armed,
 * what was confirmed, what began and what took effect.
 */
final class Ledger {

    /** Key, state and a lower bound of the deadline; each firing with its attempt; and the effect, behind the fence. */
    private static final String TABLES = """
            create table ledger_key (
                key text primary key, state text not null, due bigint not null);
            create table ledger_firing (
                key text, generation bigint, attempt int, process text not null, began bigint not null,
                same_attempt_elsewhere int not null default 0, primary key (key, generation, attempt));
            create table ledger_effect (
                key text primary key, fence bigint not null, times int not null)""";

    private static final String NOW = "(extract(epoch from clock_timestamp()) * 1000000)::bigint";

    private Ledger() {}

    static void create(Connection connection) {
        for (String table : TABLES.split(";")) {
            Jdbc.update(connection, "create the ledger", table);
        }
    }

    /** Written before the keys are armed: from now on they may fire, but not before the delay is over. */
    static void intend(Connection connection, List<String> keys, long delayMicros) {
        Jdbc.update(
                connection,
                "intend",
                "insert into ledger_key select unnest(?), 'intended', " + NOW + " + ?",
                keys.toArray(String[]::new),
                delayMicros);
    }

    static void state(Connection connection, List<String> keys, String state) {
        Jdbc.update(
                connection,
                "write a state",
                "update ledger_key set state = ? where key = any (?)",
                state,
                keys.toArray(String[]::new));
    }

    static void begin(Connection connection, String key, long generation, int attempt, String process) {
        Jdbc.update(
                connection,
                "write a firing",
                "insert into ledger_firing as f values (?, ?, ?, ?, " + NOW + ") on conflict (key, generation, attempt)"
                        + " do update set same_attempt_elsewhere = f.same_attempt_elsewhere"
                        + " + (f.process <> excluded.process)::int",
                key,
                generation,
                attempt,
                process);
    }

    /** The user's own effect, once per generation: the fence refuses what is not newer. */
    static void effect(Connection connection, String key, long fence) {
        Jdbc.update(
                connection,
                "take effect",
                "insert into ledger_effect as e values (?, ?, 1) on conflict (key)"
                        + " do update set fence = excluded.fence, times = e.times + 1 where e.fence < excluded.fence",
                key,
                fence);
    }

    /** Keys that were armed for sure, were not cancelled, and had no effect. */
    static long missing(Connection connection) {
        return count(
                connection,
                "select count(*) from ledger_key k left join ledger_effect e using (key)"
                        + " where k.state = 'armed' and e.key is null");
    }

    static long armed(Connection connection) {
        return count(connection, "select count(*) from ledger_key where state = 'armed'");
    }

    static long twice(Connection connection) {
        return count(connection, "select count(*) from ledger_effect where times <> 1");
    }

    static long early(Connection connection) {
        return count(
                connection, "select count(*) from ledger_firing f join ledger_key k using (key) where f.began < k.due");
    }

    static long firedThoughCancelled(Connection connection) {
        return count(
                connection,
                "select count(*) from ledger_firing f join ledger_key k using (key) where k.state = 'cancelled'");
    }

    static long cancelled(Connection connection) {
        return count(connection, "select count(*) from ledger_key where state = 'cancelled'");
    }

    /** Attempts that two processes made. */
    static long sameAttemptTwice(Connection connection) {
        return count(connection, "select count(*) from ledger_firing where same_attempt_elsewhere > 0");
    }

    /** Keys that fired under more than one generation. */
    static long otherGenerations(Connection connection) {
        return count(
                connection,
                "select count(*) from (select key from ledger_firing group by key"
                        + " having count(distinct generation) > 1) t");
    }

    /** Nodes that have joined and were not released. */
    static long processes(Connection connection) {
        return count(connection, "select count(*) from asyncslot_node");
    }

    static long firings(Connection connection) {
        return count(connection, "select count(*) from ledger_firing");
    }

    /** Firings delivered again because a node was cut off. */
    static long deliveredAgain(Connection connection) {
        return count(connection, "select count(*) from ledger_firing where attempt > 1");
    }

    /** Rows of slots with anything pending or running. */
    static long unsettled(Connection connection) {
        return count(connection, "select count(*) from asyncslot_slot where due is not null or run_token is not null");
    }

    private static long count(Connection connection, String sql) {
        Long count = Jdbc.first(connection, "read the ledger", sql, row -> row.getLong(1));
        return count == null ? 0 : count;
    }
}
