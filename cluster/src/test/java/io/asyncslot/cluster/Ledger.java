package io.asyncslot.cluster;

import io.asyncslot.SlotFiring;
import io.asyncslot.backend.Micros;
import io.asyncslot.cluster.jdbc.Jdbc;
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
                key text primary key, fence bigint not null, times int not null);
            create table ledger_value (
                value text primary key, key text not null, state text not null, taken int not null default 0);
            create table ledger_handed (
                value text, generation bigint, primary key (value, generation));
            create table ledger_attempt (
                key text, generation bigint, attempt int, list text);
            create table ledger_take (
                id text primary key, key text not null, done boolean not null default false);
            create table ledger_submit (
                id text primary key, key text not null, accepted boolean not null default false, at bigint not null);
            create table ledger_schedule (
                key text primary key, started boolean not null default false);
            create table ledger_run (
                map text, key text, generation bigint, attempt int, due bigint not null, began bigint not null,
                process text not null, elsewhere int not null default 0, primary key (map, key, generation, attempt))""";

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
        return count(
                connection,
                "select count(*) from asyncslot_slot where map <> 'scheduled'"
                        + " and (due is not null or run_token is not null)");
    }

    // Values: accepted = handed over + taken + deleted, once nothing is pending any more

    static void intend(Connection connection, String key, String value) {
        Jdbc.update(connection, "intend a value", "insert into ledger_value values (?, ?, 'intended', 0)", value, key);
    }

    static void valueIs(Connection connection, String value, String state) {
        Jdbc.update(connection, "write a state", "update ledger_value set state = ? where value = ?", state, value);
    }

    /** The values of {@link #doubledValues}, for who looks into it. */
    static List<String> doubled(Connection connection) {
        return Jdbc.query(
                connection,
                "read the ledger",
                "select v.key || ': ' || v.state || ', taken ' || v.taken || ', generations '"
                        + " || (select string_agg(h.generation::text, ' ') from ledger_handed h where h.value = v.value)"
                        + " from ledger_value v where v.taken + (v.state = 'deleted')::int"
                        + " + (select count(*) from ledger_handed h where h.value = v.value) > 1",
                row -> row.getString(1));
    }

    /** What one attempt was handed, and that it took effect. */
    static void hand(Connection connection, String key, long generation, int attempt, List<String> values) {
        Jdbc.update(
                connection,
                "write what was handed over",
                "with a as (insert into ledger_attempt values (?, ?, ?, ?))"
                        + " insert into ledger_handed select unnest(?), ? on conflict do nothing",
                key,
                generation,
                attempt,
                String.join(",", values),
                values.toArray(String[]::new),
                generation);
    }

    /** Written before a take: should the process die in it, nobody knows what it took. */
    static void take(Connection connection, String take, String key) {
        Jdbc.update(connection, "intend a take", "insert into ledger_take values (?, ?)", take, key);
    }

    static void taken(Connection connection, String take, List<String> values) {
        Jdbc.update(
                connection,
                "write what was taken",
                "with t as (update ledger_take set done = true where id = ? and not done returning 1)"
                        + " update ledger_value set taken = taken + 1 where value = any (?) and exists (select 1 from t)",
                take,
                values.toArray(String[]::new));
    }

    static long accepted(Connection connection) {
        return count(connection, "select count(*) from ledger_value where state in ('accepted', 'deleted')");
    }

    static long handedOver(Connection connection) {
        return count(connection, "select count(distinct value) from ledger_handed");
    }

    static long taken(Connection connection) {
        return count(connection, "select count(*) from ledger_value where taken > 0");
    }

    static long deleted(Connection connection) {
        return count(connection, "select count(*) from ledger_value where state = 'deleted'");
    }

    /** Values that were accepted for sure and went nowhere. */
    static long lostValues(Connection connection) {
        return count(
                connection,
                "select count(*) from ledger_value v where v.state = 'accepted' and v.taken = 0"
                        + " and not exists (select 1 from ledger_handed h where h.value = v.value)"
                        + " and not exists (select 1 from ledger_take t where t.key = v.key and not t.done)");
    }

    /** Values that went to more than one firing, take or delete. */
    static long doubledValues(Connection connection) {
        return count(
                connection,
                "select count(*) from ledger_value v where v.taken + (v.state = 'deleted')::int"
                        + " + (select count(*) from ledger_handed h where h.value = v.value) > 1");
    }

    /** Firings whose attempts were handed different values. */
    static long differingAttempts(Connection connection) {
        return count(
                connection,
                "select count(*) from (select 1 from ledger_attempt group by key, generation"
                        + " having count(distinct list) > 1) t");
    }

    /** Rows of values that no slot has, and no purge of a slot that is gone would take. */
    static long orphans(Connection connection) {
        return count(
                connection,
                "select count(*) from asyncslot_value v where not exists"
                        + " (select 1 from asyncslot_slot s where v.slot in (s.incarnation, s.run_incarnation))");
    }

    // Shapes: runs of one map keep their distance and follow every submit, those of the other are the points of a
    // schedule

    static void run(Connection connection, SlotFiring firing, String process) {
        Jdbc.update(
                connection,
                "write a run",
                "insert into ledger_run as r values (?, ?, ?, ?, ?, " + NOW + ", ?)"
                        + " on conflict (map, key, generation, attempt)"
                        + " do update set elsewhere = r.elsewhere + (r.process <> excluded.process)::int",
                firing.map(),
                firing.key().toString(),
                firing.generation(),
                firing.attempt(),
                Micros.of(firing.deadline()),
                process);
    }

    /** Written before the submit: a run that follows it begins later. */
    static void submits(Connection connection, String submit, String key) {
        Jdbc.update(
                connection,
                "intend a submit",
                "insert into ledger_submit values (?, ?, false, " + NOW + ")",
                submit,
                key);
    }

    static void submitted(Connection connection, String submit) {
        Jdbc.update(connection, "note a submit", "update ledger_submit set accepted = true where id = ?", submit);
    }

    /** Whether the schedule of a key was started for sure: it is never started again then. */
    static boolean isScheduled(Connection connection, String key) {
        Jdbc.update(
                connection,
                "intend a schedule",
                "insert into ledger_schedule values (?, false) on conflict do nothing",
                key);
        return count(connection, "select count(*) from ledger_schedule where started and key = '" + key + "'") > 0;
    }

    static void scheduled(Connection connection, String key) {
        Jdbc.update(connection, "note a schedule", "update ledger_schedule set started = true where key = ?", key);
    }

    static long throttledRuns(Connection connection) {
        return count(connection, "select count(*) from ledger_run where map = 'throttled'");
    }

    static long scheduledRuns(Connection connection) {
        return count(connection, "select count(*) from ledger_run where map = 'scheduled'");
    }

    static long acceptedSubmits(Connection connection) {
        return count(connection, "select count(*) from ledger_submit where accepted");
    }

    /** Submits that were accepted for sure, and that no run followed. */
    static long lostSubmits(Connection connection) {
        return count(
                connection,
                "select count(*) from ledger_submit s where s.accepted and not exists"
                        + " (select 1 from ledger_run r where r.map = 'throttled' and r.key = s.key and r.began >= s.at)");
    }

    /** Runs that are due less than the interval after the one before. */
    static long tooSoon(Connection connection) {
        return count(
                connection,
                "select count(*) from (select due - lag(due) over (partition by key order by generation) as distance"
                        + " from (select key, generation, min(due) as due from ledger_run where map = 'throttled'"
                        + " group by key, generation) r) t where distance < " + LedgerNode.INTERVAL.toNanos() / 1_000);
    }

    static long earlyRuns(Connection connection) {
        return count(connection, "select count(*) from ledger_run where began < due");
    }

    static long runsElsewhere(Connection connection) {
        return count(connection, "select count(*) from ledger_run where elsewhere > 0");
    }

    /** Points of schedules that two firings had. */
    static long pointsTwice(Connection connection) {
        return count(
                connection,
                "select count(*) from (select 1 from ledger_run where map = 'scheduled' group by key, due"
                        + " having count(distinct generation) > 1) t");
    }

    /** Points, one each second, between the first and the last one of a key that had no run. */
    static long pointsLost(Connection connection) {
        return count(
                connection,
                "select coalesce(sum(points), 0)::bigint from (select (max(due) - min(due)) / 1000000 + 1"
                        + " - count(distinct due) as points from ledger_run where map = 'scheduled' group by key) t");
    }

    /** Schedules that were started for sure, and of which no run is due within the last seconds. */
    static long schedulesBehind(Connection connection) {
        return count(
                connection,
                "select count(*) from ledger_schedule s where s.started and coalesce((select max(r.due) from ledger_run r"
                        + " where r.map = 'scheduled' and r.key = s.key), 0) < " + NOW + " - 3000000");
    }

    /** Slots that stayed although their interval is over. */
    static long stayed(Connection connection) {
        return count(
                connection,
                "select count(*) from asyncslot_slot where map = 'throttled' and live and due is null"
                        + " and run_token is null");
    }

    private static long count(Connection connection, String sql) {
        Long count = Jdbc.first(connection, "read the ledger", sql, row -> row.getLong(1));
        return count == null ? 0 : count;
    }
}
