package io.asyncslot.cluster.postgres;

import io.asyncslot.CancelOutcome;
import io.asyncslot.Merge;
import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.jdbc.JdbcStore;
import io.asyncslot.cluster.jdbc.Tables;
import io.asyncslot.cluster.store.Carrying;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.Offer;
import io.asyncslot.cluster.store.Removed;
import io.asyncslot.cluster.store.Row;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What starts, submits and takes do to the slots of maps with values or shapes. Maps without have statements of their own, which
 * know nothing of all this. Thread-safe.
 */
abstract class PostgresValues extends PostgresNodes {

    /*
     * Where values are
     *
     * A single value, of rules other than COLLECT, is a column of the slot's row (`payload`): it changes with the deadline, in
     * one version of the row. The begin of a run moves it to `run_payload`, for all attempts.
     *
     * Collected values are rows of a table of their own, by the slot's incarnation and a number of the sequence. An array in the
     * slot's row would be written anew, with all of its values, for each value that is added. The slot's row has how many are
     * pending (`collected`), so that bounds and flushes need no look at them, and its updates stay free of indexes.
     *
     * Whose values are
     *
     * A number is drawn under the lock of the slot's row, by the statement that changes the row. A begin draws one too
     * (`run_upto`): what has a lower one is the run's, what has a higher one belongs to the next run. Nothing is written for
     * each value then. Where a statement has to see all values of a slot, it either acts on no row that was changed after its
     * snapshot (begin, end), or is a second one in the transaction of the statement that took the lock (cancel, take, delete).
     *
     * A firing that is delivered again
     *
     * The retry makes the values of its run pending again, and notes that it has (`run_passed`): the run is not delivered again,
     * should its node die before its end. How many of the values were handed to a run before is `passed_on`.
     */

    /** Whether anything is pending. */
    static final String ARMED = "(s.live and s.due is not null)";

    /** The single value that is pending. */
    static final String PENDING = "(case when " + ARMED + " then s.payload end)";

    /** From which number on collected values of this incarnation are pending. */
    static final String SINCE = "coalesce(case when s.run_incarnation = s.incarnation then s.run_upto end, 0)";

    /** Below which number they are: what is accepted once the lock is free has a higher one. Of a row whose {@code was} is written. */
    private static final String UPTO =
            "case when s.was & " + FormerState.COLLECTED + " <> 0 then nextval('asyncslot_sequence') end";

    private static final String COLLECTED = "(case when " + ARMED + " then coalesce(s.collected, 0) else 0 end)";

    private static final String PASSED_ON = "(case when " + ARMED + " then coalesce(s.passed_on, 0) else 0 end)";

    /** A firing that is delivered again has the point of its map's grid noted; nothing else has. */
    private static final String AGAIN = "(" + ARMED + " and s.point is not null)";

    /** The values of a live slot, in order of acceptance. Of one snapshot, as the row is. */
    static final String LOOK = PENDING + ", (select array_agg(v.value order by v.number) from asyncslot_value v"
            + " where v.slot = s.incarnation and v.number >= " + SINCE + " and " + ARMED + "), " + COLLECTED;

    /** What a start makes of the deadline. */
    private static final String DUE = """
            least(excluded.due, case when {armed} and not {again} then coalesce(s.latest, excluded.latest) end,
                  case when (select flush_at from p) > 0
                            and {collected} - {passed on} + coalesce(excluded.collected, 0) >= (select flush_at from p)
                       then (select now from n) end)""";

    /** What is due, but for a submit that leaves what is pending. */
    private static final String NEXT_DUE =
            "(case when {keep} then s.due else greatest(case when {keep due} then s.due else {due} end, s.not_before) end)";

    private static final String ARM = """
            with n as (select {now} as now),
            p as (select ?::int as max_values, ?::int as flush_at, ?::boolean as expects, ?::bytea as expected,
                         ?::bigint as incarnation, ?::bytea as value, ?::bigint as horizon, ?::bigint as node,
                         ?::boolean as only_live, ?::boolean as relative, ?::bigint as delay, ?::bigint as point){room},
            u as (
                insert into asyncslot_slot as s
                       (ns, map, key, live, incarnation, generation, due, look, owner, payload, collected, latest)
                select ?, a.map, a.key, true, a.number, a.number, d.due, d.due,
                       case when d.due <= n.now + p.horizon then p.node end, a.payload, a.collected, d.latest
                from n cross join p
                cross join (select ?::text as map, ?::text as key, nextval('asyncslot_sequence') as number,
                                   ?::bytea as payload, ?::int as collected, ?::bigint as max_wait) a
                cross join lateral (
                    select least({never}, n.now + a.max_wait) as latest,
                           least({never}, n.now + a.max_wait, case when p.relative then n.now + p.delay else p.point end,
                                 case when p.flush_at = 1 and a.collected = 1 then n.now end) as due) d{from room}
                where p.expected is null and p.incarnation = -1 and not p.only_live
                   or exists (select 1 from asyncslot_slot e
                              where e.ns = ? and e.map = a.map and e.key = a.key and (e.live or not p.only_live))
                on conflict (ns, map, key) do update set
                    was = {was},
                    live = true,
                    paused = s.live and s.paused,
                    incarnation = case when s.live then s.incarnation else nextval('asyncslot_sequence') end,
                    generation = case when {keep} then s.generation else nextval('asyncslot_sequence') end,
                    due = {next due},
                    look = case when {keep} then s.look else least(s.wake, {next due}) end,
                    due_attempt = case when {keep} then s.due_attempt else 1 end,
                    point = case when {keep} then s.point end,
                    period = false,
                    owner = case when {keep} or s.run_token is not null then s.owner
                                 when not (s.live and s.paused)
                                 then (select case when {next due} <= n.now + p.horizon then p.node end from n, p) end,
                    dead_at = null,
                    last_fired = case when s.live then s.last_fired end,
                    failures = case when s.live then s.failures else 0 end,
                    failed_at = case when {keep} then s.failed_at end,
                    payload = {merged},
                    collected = {collected} + coalesce(excluded.collected, 0),
                    passed_on = {passed on},
                    latest = coalesce(case when {armed} and not {again} then s.latest end, excluded.latest)
                where ((select max_values from p) = 0 or excluded.collected is distinct from 1
                       or {collected} < (select max_values from p))
                  and (not (select expects from p) or {pending} is not distinct from (select expected from p))
                  and (s.live or not (select only_live from p))
                  and ((select incarnation from p) = -1
                       or s.live and s.incarnation = (select incarnation from p))
                returning s.map, s.key, s.was, s.incarnation, s.generation, s.due, coalesce(s.point, s.due) as point, s.owner,
                          null::text as schedule, (select now from n) as now,
                          (select least({never}, case when p.relative then n.now + p.delay else p.point end) from n, p) as asked,
                          s.latest){insert}
            select * from u""";

    /** The number is drawn for a row that is locked. */
    private static final String INSERT = """
            ,
            v as (insert into asyncslot_value (slot, number, value)
                  select u.incarnation, nextval('asyncslot_sequence'), p.value from u, p where p.value is not null)""";

    private static final String ROOM = """
            ,
            r as (update asyncslot_room set slots = slots + 1 where ns = ? and map = ? and slots < ? returning 1)""";

    /** Does not withdraw a run that goes on: its caller wants what is pending, and nothing else. */
    private static final String TAKE = """
            update asyncslot_slot s set
                was = {was},
                live = {stays},
                paused = s.paused and {stays},
                due = null,
                look = case when {stays} then coalesce(case when s.owner is null then s.look end, s.not_before) end,
                due_attempt = 1,
                point = null,
                dead_at = case when not {stays} then {now} end,
                payload = null,
                collected = null,
                passed_on = null,
                owner = case when s.run_token is not null then s.owner end
            where s.ns = ? and s.map = ? and s.key = ? and s.live and s.due is not null and s.generation = ?
              and s.payload is not distinct from ?::bytea and coalesce(s.collected, 0) = ?
            returning s.was, s.incarnation, s.run_token, {since}, {upto}, not s.live""".replace(
                    "{stays}",
                    "(s.run_token is not null and s.run_incarnation = s.incarnation or (s.not_before > {now}) is true)");

    private static final String REMOVE = "delete from asyncslot_value where slot = ? and number >= ? and number < ?";

    private static final String REMOVE_MANY = """
            delete from asyncslot_value where ctid = any (array (
                select c.place from unnest(?, ?) as a (slot, since)
                cross join lateral (select v.ctid as place from asyncslot_value v
                                    where v.slot = a.slot and v.number >= a.since offset 0) c))""";

    private static final String ADOPT = "update asyncslot_value set slot = ? where slot = ?";

    private static final Map<Merge, Arming> STARTS = new EnumMap<>(Merge.class);
    private static final Map<Merge, Arming> SUBMITS = new EnumMap<>(Merge.class);
    private static final String TAKE_PENDING = withValues(TAKE);

    static {
        for (Merge merge : Merge.values()) {
            STARTS.put(merge, arming(merge, "false", "false"));
            SUBMITS.put(
                    merge,
                    arming(merge, "{armed}", "({armed} and not ({again} and (select value from p) is not null))"));
        }
    }

    /** Where a slot may be armed. */
    enum Room {
        /** Wherever its map is. */
        ANY,
        /** Where it is there: it takes up no further room. */
        LIVE,
        /** Where its map has room for one more. */
        LIMITED
    }

    /** A statement without and with a capacity to look at. */
    private record Arming(String free, String limited) {}

    PostgresValues(Connection connection, Tables tables, String namespace, JdbcStore.Use release) {
        super(connection, tables, namespace, release);
    }

    private static Arming arming(Merge merge, String keepDue, String keep) {
        String merged = switch (merge) {
            case FIRST -> "coalesce({pending}, excluded.payload)";
            case COLLECT -> "{pending}"; // of a former declaration: the firing is handed it before the others
            case LAST, FUNCTION -> "coalesce(excluded.payload, {pending})";
        };
        String template = ARM.replace("{insert}", merge == Merge.COLLECT ? INSERT : "")
                .replace("{merged}", merged)
                .replace("{next due}", NEXT_DUE)
                .replace("{due}", DUE)
                .replace("{keep due}", keepDue)
                .replace("{keep}", keep);
        return new Arming(
                withValues(template.replace("{room}", "").replace("{from room}", "")),
                withValues(template.replace("{room}", ROOM).replace("{from room}", " cross join r")));
    }

    /** A template with what this class has names for. */
    static String withValues(String template) {
        return template.replace("{again}", AGAIN)
                .replace("{pending}", PENDING)
                .replace("{collected}", COLLECTED)
                .replace("{passed on}", PASSED_ON)
                .replace("{since}", SINCE)
                .replace("{upto}", UPTO)
                .replace("{armed}", ARMED);
    }

    /**
     * Arms a slot and accepts a value, in one statement.
     *
     * @param submit whether what is pending stays as it is
     * @param incarnation the only one to be armed; {@link SlotStore#NONE} for any
     * @param room where it may be armed
     * @param capacity the highest number of slots of the map, where that is asked for
     * @return what the database answered; null where there was no room for the slot or for the value, or something else is pending
     *     than was expected
     */
    <T> @Nullable T arm(
            boolean submit,
            Claim claim,
            SlotId id,
            Deadline when,
            Offer offer,
            long incarnation,
            Room room,
            int capacity,
            Jdbc.RowReader<T> reader) {
        Carrying carrying = offer.carrying();
        Merge merge = carrying.merge() == null ? Merge.LAST : carrying.merge();
        Arming arming = submit ? SUBMITS.get(merge) : STARTS.get(merge);
        if (arming == null) {
            throw new IllegalStateException("no statement for " + merge);
        }
        byte[] value = offer.value();
        boolean collects = carrying.collects();
        List<@Nullable Object> values = new ArrayList<>();
        values.add(carrying.maxValues());
        values.add(carrying.flushAt());
        values.add(offer.expects());
        values.add(offer.expectedValue());
        values.add(incarnation);
        values.add(value);
        values.add(claim.horizon());
        values.add(claim.node());
        values.add(room == Room.LIVE);
        values.addAll(List.of(when.relative(), when.micros(), when.micros()));
        boolean limited = room == Room.LIMITED;
        if (limited) {
            values.addAll(List.of(namespace, id.map(), capacity));
        }
        values.addAll(List.of(namespace, id.map(), id.key()));
        values.add(collects ? null : value);
        values.add(collects && value != null ? 1 : 0);
        values.add(carrying.maxWait() == SlotStore.NONE ? null : carrying.maxWait());
        values.add(namespace);
        return first(
                submit ? "submit to a slot" : "start a slot",
                limited ? arming.limited() : arming.free(),
                reader,
                values.toArray());
    }

    /**
     * Takes away what is pending, if that still is what was seen.
     *
     * @return empty if it is not
     */
    @Override
    public Optional<Removed<CancelOutcome>> take(SlotId id, Row seen) {
        return inTransaction(
                "take what is pending",
                () -> Optional.ofNullable(first(
                        "take what is pending",
                        TAKE_PENDING,
                        row -> {
                            if (new FormerState(row.getInt(1)).collected()) {
                                remove(row.getLong(2), row.getLong(4), row.getLong(5));
                            }
                            return new Removed<>(
                                    CancelOutcome.CANCELLED, true, row.getLong(2), row.getLong(3), row.getBoolean(6));
                        },
                        namespace,
                        id.map(),
                        id.key(),
                        seen.generation(),
                        seen.payload(),
                        seen.collected())));
    }

    /** Removes collected values, in the transaction of a statement that has locked their slot. */
    void remove(long slot, long since, long upto) {
        update("remove values", REMOVE, slot, since, upto);
    }

    /** The same for many slots. */
    void remove(Long[] slots, Long[] since) {
        update("remove values", REMOVE_MANY, slots, since);
    }

    /** Gives the values of a former incarnation to the one that its firing is delivered to again. */
    void adopt(long slot, long former) {
        update("keep the values of a failed firing", ADOPT, slot, former);
    }

    /** The values of a row: a single one, then the collected ones. It has both only after its map was declared otherwise. */
    static List<byte[]> values(ResultSet row, int single, int collected) throws SQLException {
        List<byte[]> values = new ArrayList<>();
        byte[] value = row.getBytes(single);
        if (value != null) {
            values.add(value);
        }
        Array array = row.getArray(collected);
        if (array != null) {
            values.addAll(List.of((byte[][]) array.getArray()));
        }
        return Collections.unmodifiableList(values);
    }
}
