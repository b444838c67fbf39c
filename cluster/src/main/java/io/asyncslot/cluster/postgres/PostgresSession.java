package io.asyncslot.cluster.postgres;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.Merge;
import io.asyncslot.RetryOutcome;
import io.asyncslot.SlotLimit;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.cluster.jdbc.JdbcStore;
import io.asyncslot.cluster.jdbc.Tables;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Carrying;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.Offer;
import io.asyncslot.cluster.store.Removed;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The slots in PostgreSQL: the operations on keys. What nodes do is in {@link PostgresNodes} and {@link PostgresFirings}, what only
 * looks in {@link PostgresLooks}, what carries values in {@link PostgresValues}. Owned by one thread.
 */
public final class PostgresSession extends PostgresFirings {

    /*
     * Generations. A start draws its generation where it changes the row, under that row's lock, so the numbers of one
     * key rise in the order of its versions. Only an insert draws before it has the row: its number could be lower than
     * one that the key had before only if that row was purged meanwhile, and rows are purged a minute after they died.
     *
     * Looks. No index has the deadline itself, but the time at which a sweep has to look at the row (`wake`), which may be
     * earlier. What moves a deadline to later leaves that alone, so that the new version of the row stays on its page and
     * touches no index; the sweep moves it on. It is never later than what is pending, of a run that was cut off, too.
     *
     * Room. A map with a capacity has a row that says how many slots there are at most: whoever creates one counts it up,
     * under that row's lock, and whoever finds no room counts the slots and puts it right. What frees slots leaves it alone:
     * the end of a run must not wait for it.
     *
     * Owners. Whoever arms claims: the owner changes with every start or touch of a slot that does not run. While a
     * run goes on the owner is who runs it.
     */

    /** The deadline from three parameters: whether it is relative, the delay, the point. */
    private static final String DEADLINE = """
            (select c.now, least({never}, case when ? then c.now + ? else ? end) as due
             from (select {now} as now) c)""";

    private static final String MANY = "unnest(?, ?)";

    /** One slot is given by itself: the plan for an array is made anew each time, which costs more than the work. */
    private static final String ONE = "(values (?::text, ?::text))";

    /** What is kept of a slot on which a run is pending: nothing by a start, all by a submit. */
    private static final String COALESCE = "s.live and s.due is not null";

    /** What a start with a schedule has besides. The generation that it draws is the latest number: its column comes before. */
    private static final String FOLLOW =
            ",\n                schedule = {schedule},\n                scheduled = currval('asyncslot_sequence')";

    /** A start by the slot's own callback goes on with the schedule. */
    private static final String GO_ON =
            ",\n                scheduled = case when s.scheduled = s.generation then currval('asyncslot_sequence') end";

    private static final String UPSERT = """
            insert into asyncslot_slot as s (ns, map, key, live, incarnation, generation, due, look, owner{columns})
            select ?, a.map, a.key, true, a.number, a.number, d.due, d.due,
                   case when d.due <= d.now + ? then ? end{scheduled}
            from (select u.map, u.key, nextval('asyncslot_sequence') as number
                  from {slots} as u (map, key)) a
            cross join {deadline} d{room}
            on conflict (ns, map, key) do update set
                was = {was},
                live = true,
                paused = s.live and s.paused,
                incarnation = case when s.live then s.incarnation else nextval('asyncslot_sequence') end,
                generation = case when {keep} then s.generation else nextval('asyncslot_sequence') end,
                due = case when {keep} then s.due else excluded.due end,
                look = case when {keep} then s.look else least(s.wake, excluded.due) end,
                due_attempt = case when {keep} then s.due_attempt else 1 end,
                point = case when {keep} then s.point end,
                latest = case when {keep} then s.latest end,
                payload = {pending},
                collected = {pending collected},
                period = {keep} and s.period,
                owner = case when {keep} or s.run_token is not null then s.owner
                             when not (s.live and s.paused) then excluded.owner end,
                dead_at = null,
                last_fired = case when s.live then s.last_fired end,
                failures = case when s.live then s.failures else 0 end,
                failed_at = case when {keep} then s.failed_at end{follow}{only live}
            returning s.map, s.key, s.was, s.incarnation, s.generation, s.due, coalesce(s.point, s.due), s.owner""".replace("{deadline}", DEADLINE)
            .replace("{pending collected}", "case when {armed} then s.collected end");

    private static final String REARM = """
            update asyncslot_slot s set
                was = {was},
                generation = nextval('asyncslot_sequence'),
                due = d.due,
                look = least(s.wake, d.due),
                due_attempt = 1,
                point = null,
                latest = null,
                payload = {pending},
                collected = case when {armed} then s.collected end,
                period = false{follow},
                owner = case when s.run_token is not null then s.owner
                             when not s.paused and d.due <= d.now + ? then ? end
            from {deadline} d
            where s.ns = ? and s.map = ? and s.key = ? and s.live and (? or s.incarnation = ?)
            returning s.map, s.key, s.was, s.incarnation, s.generation, s.due, coalesce(s.point, s.due), s.owner""".replace("{deadline}", DEADLINE);

    /** What a retry gives way to: whatever is pending, but for the map's own period where the retry comes before that. */
    private static final String RETAKE =
            "(case when s.due is null then not s.withdrawn else s.period and (p.always or d.due < s.due) end)";

    private static final String RETRY = """
            update asyncslot_slot s set
                was = {was} + case when {retake} then {taken} else 0 end,
                generation = case when {retake} then s.run_generation else s.generation end,
                due_attempt = case when {retake} then s.run_attempt + ? else s.due_attempt end,
                due = case when {retake} then d.due else s.due end,
                point = case when {retake} then coalesce(s.run_point, s.run_due) else s.point end,
                scheduled = case when {retake} and s.scheduled = s.generation then s.run_generation else s.scheduled end,
                period = s.period and not {retake}{pass on}
            from {deadline} d, (select ?::boolean as always{parameters}) p
            where s.ns = ? and s.map = ? and s.key = ? and s.live and s.run_token = ?
              and s.run_began is not null and s.run_incarnation = s.incarnation{expected}
            returning s.was""".replace("{retake}", RETAKE)
            .replace("{taken}", String.valueOf(FormerState.TAKEN))
            .replace("{deadline}", DEADLINE);

    /**
     * What the values of a run become that is to be delivered again: pending, as what was accepted first. Once only: the row
     * knows whether they are ({@code run_passed}), whatever its caller has heard.
     */
    private static final String PASS_ON = """
            ,
                payload = case when {withdrawn} then s.payload when s.run_passed then {pending} else {passed on single} end,
                run_payload = case when {withdrawn} then s.run_payload end,
                collected = coalesce(s.collected, 0)
                            + case when {withdrawn} then 0 else coalesce(s.run_collected, 0) end,
                passed_on = coalesce(s.passed_on, 0)
                            + case when {withdrawn} then 0 else coalesce(s.run_collected, 0) end,
                run_collected = case when {withdrawn} then s.run_collected end,
                run_upto = case when {withdrawn} then s.run_upto end,
                run_passed = s.run_passed is true or not {withdrawn}""".replace("{withdrawn}", FormerState.IS_WITHDRAWN);

    private static final String TOUCH = """
            update asyncslot_slot s set
                was = {was},
                due = case when s.due is not null then {moved} end,
                look = case when s.due is not null then least(s.wake, {moved}) else s.look end,
                period = false,
                owner = case when s.due is null or s.run_token is not null then s.owner
                             when not s.paused and {moved} <= d.now + ? then ? end
            from {deadline} d{parameters}
            where s.ns = ? and s.map = ? and s.key = ? and s.live{same schedule}
            returning s.map, s.key, s.was, s.incarnation, s.generation, s.due, coalesce(s.point, s.due), s.owner,
                      {schedule}, d.now, d.due, s.latest""".replace("{deadline}", DEADLINE).replace("{schedule}", SCHEDULE);

    /** Where a touch moves to: not beyond the latest deadline, unless that is of a former run, and not away from a flush. */
    private static final String MOVED = """
            least(d.due, case when s.point is null then s.latest end,
                  case when p.flush_at > 0 and coalesce(s.collected, 0) - coalesce(s.passed_on, 0) >= p.flush_at
                       then s.due end)""";

    /** Whether a cancel leaves nothing of a slot that is to be freed then: no run of this incarnation goes on. */
    private static final String GONE = "(p.frees and (s.run_token is null or s.run_incarnation <> s.incarnation)"
            + " and (s.not_before is null or s.not_before <= p.now))";

    private static final String CANCEL = """
            update asyncslot_slot s set
                was = {was},
                live = not {gone},
                paused = s.paused and not {gone},
                due = null,
                look = case when not {gone} then coalesce(case when s.owner is null then s.look end, s.not_before) end,
                due_attempt = 1,
                point = null,
                dead_at = case when {gone} then {now} end,
                payload = null,
                collected = null,
                passed_on = null,
                withdrawn = case when {gone} then s.withdrawn else s.run_token is not null end,
                owner = case when s.run_token is not null then s.owner end
            from (select ?::boolean as frees, {now} as now) p
            where s.ns = ? and s.map = ? and s.key = ? and s.live
            returning s.was, s.incarnation, s.run_token, {since}, {upto}, not s.live""".replace("{gone}", GONE);

    /** A run that was cut off goes with its slot; one that goes on keeps its row. */
    private static final String DELETED = """
                was = {was},
                live = false,
                paused = false,
                due = null,
                look = null,
                not_before = null,
                due_attempt = 1,
                point = null,
                dead_at = {now},
                failed_at = null,
                payload = null,
                collected = null,
                passed_on = null,
                owner = case when s.run_began is not null then s.owner end,
                run_token = case when s.run_began is not null then s.run_token end,
                run_due = case when s.run_began is not null then s.run_due end""";

    /** From which number on the values of a slot go with it: a run that goes on keeps its own until it ends. */
    private static final String VALUES_SINCE = "case when s.run_began is not null then " + SINCE + " else 0 end";

    private static final String DELETE = """
            update asyncslot_slot s set
            {deleted}
            where s.ns = ? and s.map = ? and s.key = ? and s.live
            returning s.was, s.incarnation, s.run_token, {values since}, {upto}, true""".replace("{deleted}", DELETED).replace("{values since}", VALUES_SINCE);

    private static final String DELETE_ALL = """
            with l as (select key from asyncslot_slot
                       where ns = ? and map = ? and live and (? or key > ?) order by key limit ? for update),
            d as (update asyncslot_slot s set
            {deleted}
                  from l where s.ns = ? and s.map = ? and s.key = l.key
                  returning s.was, s.key, s.incarnation, {values since} as since)
            select count(*), count(*) filter (where was & 2 <> 0), max(key), array_agg(incarnation), array_agg(since)
            from d""".replace("{deleted}", DELETED).replace("{values since}", VALUES_SINCE);

    private static final String PAUSE = """
            update asyncslot_slot s set
                paused = true,
                paused_at = d.now,
                paused_by = ?,
                paused_by_at = d.now,
                owner = case when s.run_began is not null then s.owner end
            from (select {now} as now) d
            where s.ns = ? and s.map = ? and s.key = ? and s.live and not s.paused""";

    private static final String RESUME = """
            update asyncslot_slot s set
                paused = false,
                look = coalesce(s.run_due, s.due, s.not_before),
                owner = case when s.run_began is not null then s.owner
                             when coalesce(s.run_due, s.due) <= d.now + ? then ? end
            from (select {now} as now) d
            where s.ns = ? and s.map = ? and s.key = ? and s.live and s.paused
            returning {due}, s.owner is not null and s.run_began is null as claimed""".replace("{due}", DUE);

    /** The slot may have been freed: it takes up room again. */
    private static final String RETRY_FAILED = """
            with r as (update asyncslot_room set slots = slots + 1 where ns = ? and map = ?)
            update asyncslot_slot s set
                live = true,
                incarnation = case when s.live then s.incarnation else nextval('asyncslot_sequence') end,
                generation = nextval('asyncslot_sequence'),
                due = n.now,
                look = n.now,
                due_attempt = 1,
                point = null,
                latest = null,
                period = false,
                dead_at = null,
                failed_at = null,
                payload = s.run_payload,
                run_payload = null,
                collected = s.run_collected,
                passed_on = s.run_collected,
                run_collected = null,
                run_upto = null
            from (select {now} as now) n
            where s.ns = ? and s.map = ? and s.key = ? and s.failed_at is not null and s.due is null
              and s.run_token is null
            returning s.incarnation, s.run_incarnation, s.collected > 0""";

    /** The row of a slot that was freed stays for its failed firing alone. A firing in progress is not one that failed. */
    private static final String FORGET_FAILED = """
            with k as (select ?::text as key),
            d as (delete from asyncslot_slot s using k
                  where s.ns = ? and s.map = ? and (k.key is null or s.key = k.key)
                    and s.failed_at is not null and s.run_token is null and not s.live
                  returning s.incarnation, s.run_incarnation),
            u as (update asyncslot_slot s set failed_at = null from k
                  where s.ns = ? and s.map = ? and (k.key is null or s.key = k.key)
                    and s.failed_at is not null and s.run_token is null and s.live
                  returning 1),
            v as (delete from asyncslot_value where slot = any (array (
                      select incarnation from d union all select run_incarnation from d)))
            select (select count(*) from d) + (select count(*) from u)""";

    private static final String COUNT_UP_TO =
            "select count(*) from (select 1 from asyncslot_slot where ns = ? and map = ? and live limit ?) t";

    /** Counts a slot up that is to be created; answers no row where there is no room, or none is counted yet. */
    private static final String TAKE_ROOM = """
            with r as (update asyncslot_room set slots = slots + 1 where ns = ? and map = ? and slots < ? returning 1)
            """;

    /** Arms no slot but one that is there: what dies meanwhile is not created anew, without room. */
    private static final String ONLY_LIVE = """

            where exists (select 1 from asyncslot_slot e
                          where e.ns = ? and e.map = a.map and e.key = a.key and e.live)""";

    private static final String ANY_UPSERT = withValues(UPSERT);

    private static final String SCHEDULED_UPSERT = ANY_UPSERT
            .replace("{columns}", ", schedule, scheduled")
            .replace("{scheduled}", ", ?::text, a.number")
            .replace("{follow}", FOLLOW.replace("{schedule}", "excluded.schedule"))
            .replace("{slots}", ONE)
            .replace("{keep}", "false")
            .replace("{only live}", "");

    private static final String PLAIN_UPSERT =
            ANY_UPSERT.replace("{columns}", "").replace("{scheduled}", "").replace("{follow}", "");

    private static final String START_ANY =
            PLAIN_UPSERT.replace("{only live}", "").replace("{slots}", ONE).replace("{keep}", "false");

    private static final String SUBMIT_ANY =
            PLAIN_UPSERT.replace("{only live}", "").replace("{slots}", ONE).replace("{keep}", COALESCE);

    private static final String REARM_ANY = withValues(REARM);

    private static final String TOUCH_PLAIN = TOUCH.replace("{moved}", "d.due").replace("{parameters}", "");

    private static final Map<Merge, String> RETRY_WITH_VALUES = new EnumMap<>(Merge.class);

    static {
        for (Merge merge : Merge.values()) {
            RETRY_WITH_VALUES.put(merge, retryWithValues(merge));
        }
    }

    private static final String START_SCHEDULED = SCHEDULED_UPSERT.replace("{room}", "");
    private static final String START_SCHEDULED_LIMITED =
            TAKE_ROOM + SCHEDULED_UPSERT.replace("{room}", " cross join r");
    private static final String START = START_ANY.replace("{room}", "");
    private static final String START_LIMITED = TAKE_ROOM + START_ANY.replace("{room}", " cross join r");
    private static final String START_MANY = PLAIN_UPSERT
            .replace("{only live}", "")
            .replace("{slots}", MANY)
            .replace("{keep}", "false")
            .replace("{room}", "");
    private static final String SUBMIT = SUBMIT_ANY.replace("{room}", "");
    private static final String SUBMIT_LIMITED = TAKE_ROOM + SUBMIT_ANY.replace("{room}", " cross join r");
    private static final String SUBMIT_LIVE = PLAIN_UPSERT
            .replace("{slots}", ONE)
            .replace("{keep}", COALESCE)
            .replace("{room}", ONLY_LIVE)
            .replace("{only live}", "\n            where s.live");
    private static final String REARM_SQL = REARM_ANY.replace("{follow}", "");
    private static final String REARM_SCHEDULED =
            REARM_ANY.replace("{follow}", FOLLOW.replace("{schedule}", "?::text"));
    private static final String RESTART = REARM_ANY.replace("{follow}", GO_ON) + ", " + SCHEDULE;
    private static final String RETRY_SQL =
            RETRY.replace("{pass on}", "").replace("{parameters}", "").replace("{expected}", "");
    private static final String TOUCH_SQL = TOUCH_PLAIN.replace("{same schedule}", "");
    private static final String TOUCH_OWN =
            TOUCH_PLAIN.replace("{same schedule}", " and " + SCHEDULE + " is not distinct from ?::text");
    private static final String TOUCH_SHAPED = TOUCH.replace("{moved}", MOVED)
            .replace("{same schedule}", "")
            .replace("{parameters}", ", (select ?::int as flush_at) p");
    private static final String CANCEL_SQL = withValues(CANCEL);
    private static final String DELETE_SQL = withValues(DELETE);
    private static final String PAUSE_MAP =
            "insert into asyncslot_paused (ns, map, since, paused_by) values (?, ?, {now}, ?) on conflict do nothing";
    private static final String RESUME_MAP = "delete from asyncslot_paused where ns = ? and map = ?";
    private static final String NO_ROOM =
            "insert into asyncslot_room (ns, map, slots) values (?, ?, 0) on conflict do nothing";
    private static final String LOCK_ROOM = "select slots from asyncslot_room where ns = ? and map = ? for update";
    private static final String SET_ROOM = "update asyncslot_room set slots = ? where ns = ? and map = ?";

    /**
     * A session.
     *
     * @param connection what it works on, and closes or gives back
     * @param tables where the slots are
     * @param namespace which slots; other namespaces in the same tables are not seen
     * @param release gives the connection back
     */
    public PostgresSession(Connection connection, Tables tables, String namespace, JdbcStore.Use release) {
        super(connection, tables, namespace, release);
    }

    @Override
    public String script() {
        return "run the script classpath:" + Schema.SCRIPT.substring(1)
                + " of asyncslot-cluster on it, by Flyway (as a further location), by Liquibase (included as it is) or by hand";
    }

    @Override
    public void create() {
        new Schema(tables).create(connection);
    }

    @Override
    public List<String> missing() {
        return new Schema(tables).missing(connection);
    }

    private static String retryWithValues(Merge merge) {
        String passedOn = merge == Merge.FIRST
                ? "coalesce(s.run_payload, {pending})"
                : "coalesce(p.merged, {pending}, s.run_payload)";
        return withValues(RETRY.replace("{pass on}", PASS_ON.replace("{passed on single}", passedOn))
                .replace("{parameters}", ", ?::bytea as merged, ?::boolean as expects, ?::bytea as expected")
                .replace(
                        "{expected}",
                        " and (not p.expects or s.run_passed or {pending} is not distinct from p.expected)"));
    }

    @Override
    public Armed<StartOutcome> start(Claim claim, SlotId id, Deadline when, @Nullable Offer offer, int capacity) {
        boolean follows = when.schedule() != null;
        Creation<StartOutcome> creation = new Creation<>(
                false,
                follows ? START_SCHEDULED : START,
                follows ? START_SCHEDULED_LIMITED : START_LIMITED,
                follows ? REARM_SCHEDULED : REARM_SQL,
                claim,
                id,
                when,
                offer,
                PostgresSession::started);
        return create(creation, capacity, StartOutcome.REJECTED);
    }

    @Override
    public List<Armed<StartOutcome>> startAll(
            Claim claim, List<SlotId> ids, Deadline when, @Nullable Offer offer, int capacity) {
        if (offer == null && capacity == 0 && ids.size() > 1) {
            return armAll(claim, ids, when);
        }
        List<Armed<StartOutcome>> answers = new ArrayList<>(ids.size());
        for (SlotId id : ids) {
            answers.add(start(claim, id, when, offer, capacity));
        }
        return answers;
    }

    @Override
    public Armed<StartOutcome> restart(Claim claim, SlotId id, long incarnation, Deadline when, Carrying carrying) {
        Armed<StartOutcome> rearmed = carrying.isPlain()
                ? rearm(claim, id, when, incarnation)
                : arm(
                        false,
                        claim,
                        id,
                        when,
                        Offer.nothing(carrying),
                        incarnation,
                        Room.ANY,
                        0,
                        row -> shaped(row, claim.node(), PostgresSession::started));
        return rearmed == null ? Armed.nothing(StartOutcome.FREED) : rearmed;
    }

    @Override
    public Retried retry(SlotId id, long token, Deadline when, Retry how, Offer offer) {
        Merge merge = offer.carrying().merge();
        List<@Nullable Object> parameters = new ArrayList<>();
        parameters.add(how.sameAttempt() ? 0 : 1);
        parameters.addAll(List.of(when.relative(), when.micros(), when.micros(), how.beforeAnyPeriod()));
        if (merge != null) {
            parameters.add(offer.value());
            parameters.add(offer.expects());
            parameters.add(offer.expectedValue());
        }
        parameters.addAll(List.of(namespace, id.map(), id.key(), token));
        FormerState was = first(
                "retry a firing",
                merge == null ? RETRY_SQL : String.valueOf(RETRY_WITH_VALUES.get(merge)),
                row -> new FormerState(row.getInt(1)),
                parameters.toArray());
        if (was == null) {
            return new Retried(RetryOutcome.FREED, false);
        }
        if (was.withdrawn()) {
            return new Retried(RetryOutcome.WITHDRAWN, false);
        }
        return was.taken()
                ? new Retried(RetryOutcome.SCHEDULED, was.armed())
                : new Retried(RetryOutcome.SUPERSEDED, false);
    }

    @Override
    public Armed<SubmitOutcome> submit(Claim claim, SlotId id, @Nullable Offer offer, int capacity) {
        Creation<SubmitOutcome> creation = new Creation<>(
                true,
                SUBMIT,
                SUBMIT_LIMITED,
                SUBMIT_LIVE,
                claim,
                id,
                Deadline.in(0),
                offer,
                PostgresSession::submitted);
        return create(creation, capacity, SubmitOutcome.REJECTED);
    }

    @Override
    public Armed<TouchOutcome> touch(Claim claim, SlotId id, Deadline when, Carrying carrying) {
        List<Object> parameters =
                new ArrayList<>(List.of(claim.horizon(), claim.node(), when.relative(), when.micros(), when.micros()));
        if (!carrying.isPlain()) {
            parameters.add(carrying.flushAt());
        }
        parameters.addAll(List.of(namespace, id.map(), id.key()));
        return touch(claim, carrying.isPlain() ? TOUCH_SQL : TOUCH_SHAPED, parameters);
    }

    @Override
    public Armed<TouchOutcome> touchOwn(Claim claim, SlotId id, Deadline when) {
        List<@Nullable Object> parameters = new ArrayList<>(List.of(
                claim.horizon(),
                claim.node(),
                when.relative(),
                when.micros(),
                when.micros(),
                namespace,
                id.map(),
                id.key()));
        parameters.add(when.schedule());
        return touch(claim, TOUCH_OWN, parameters);
    }

    private Armed<TouchOutcome> touch(Claim claim, String statement, List<? extends @Nullable Object> parameters) {
        Armed<TouchOutcome> touched = first(
                "touch a slot",
                statement,
                row -> shaped(row, claim.node(), was -> was.armed() ? TouchOutcome.MOVED : TouchOutcome.NOT_ARMED),
                parameters.toArray());
        if (touched == null) {
            return Armed.nothing(TouchOutcome.ABSENT);
        }
        return touched.outcome() == TouchOutcome.MOVED
                ? touched
                : new Armed<>(TouchOutcome.NOT_ARMED, touched.incarnation(), 0, 0, 0, false);
    }

    @Override
    public Removed<CancelOutcome> cancel(SlotId id, WhenIdle whenIdle, Carrying carrying) {
        Optional<Removed<CancelOutcome>> removed = withItsValues(
                carrying,
                () -> Optional.ofNullable(first(
                        "cancel a slot",
                        CANCEL_SQL,
                        row -> removed(row, PostgresSession::cancelled),
                        whenIdle == WhenIdle.FREE,
                        namespace,
                        id.map(),
                        id.key())));
        return removed.orElseGet(() -> Removed.nothing(CancelOutcome.ABSENT));
    }

    @Override
    public Removed<DeleteOutcome> delete(SlotId id, Carrying carrying) {
        Optional<Removed<DeleteOutcome>> removed = withItsValues(
                carrying,
                () -> Optional.ofNullable(first(
                        "delete a slot",
                        DELETE_SQL,
                        row -> removed(row, PostgresSession::deleted),
                        namespace,
                        id.map(),
                        id.key())));
        return removed.orElseGet(() -> Removed.nothing(DeleteOutcome.ABSENT));
    }

    @Override
    public boolean pause(SlotId id, @Nullable String by) {
        return update("pause a slot", PAUSE, by, namespace, id.map(), id.key()) > 0;
    }

    @Override
    public Optional<Due> resume(Claim claim, SlotId id) {
        return query(
                        "resume a slot",
                        RESUME,
                        row -> row.getBoolean("claimed") ? Optional.of(due(row)) : Optional.<Due>empty(),
                        claim.horizon(),
                        claim.node(),
                        namespace,
                        id.map(),
                        id.key())
                .stream()
                .flatMap(Optional::stream)
                .findFirst();
    }

    @Override
    public boolean pauseMap(String map, @Nullable String by) {
        return update("pause a map", PAUSE_MAP, namespace, map, by) > 0;
    }

    @Override
    public boolean resumeMap(String map) {
        return update("resume a map", RESUME_MAP, namespace, map) > 0;
    }

    @Override
    public DeletedBatch deleteAll(String map, @Nullable String after, int limit) {
        return inTransaction(
                "delete the slots of a map",
                () -> Optional.ofNullable(first(
                                "delete the slots of a map",
                                DELETE_ALL,
                                row -> {
                                    if (row.getInt(1) > 0) {
                                        remove(numbers(row, 4), numbers(row, 5));
                                    }
                                    return new DeletedBatch(row.getInt(1), row.getInt(2), row.getString(3));
                                },
                                namespace,
                                map,
                                after == null,
                                after == null ? "" : after,
                                limit,
                                namespace,
                                map))
                        .orElseGet(() -> new DeletedBatch(0, 0, null)));
    }

    @Override
    public boolean retryFailed(SlotId id) {
        return inTransaction(
                "retry a failed firing",
                () -> first(
                                "retry a failed firing",
                                RETRY_FAILED,
                                row -> {
                                    if (row.getBoolean(3)) {
                                        adopt(row.getLong(1), row.getLong(2));
                                    }
                                    return true;
                                },
                                namespace,
                                id.map(),
                                namespace,
                                id.map(),
                                id.key())
                        != null);
    }

    @Override
    public int forgetFailed(String map, @Nullable String key) {
        Integer forgotten = first(
                "forget failed firings", FORGET_FAILED, row -> row.getInt(1), key, namespace, map, namespace, map);
        return forgotten == null ? 0 : forgotten;
    }

    /**
     * What arms a slot and creates it where there is none.
     *
     * @param sql where the map has no capacity
     * @param limited where it has one; answers nothing when it is reached
     * @param live where the slot has to be there; answers nothing when it is not
     * @param offer what it brings; null in a map without values and shapes, of which the statements above are
     */
    private record Creation<O extends Enum<O>>(
            boolean submits,
            String sql,
            String limited,
            String live,
            Claim claim,
            SlotId id,
            Deadline when,
            @Nullable Offer offer,
            Function<FormerState, O> outcome) {}

    private <O extends Enum<O>> @Nullable Armed<O> on(Creation<O> creation, Room room, int capacity) {
        Claim claim = creation.claim();
        SlotId id = creation.id();
        Deadline when = creation.when();
        if (creation.offer() != null) {
            return arm(
                    creation.submits(),
                    claim,
                    id,
                    when,
                    creation.offer(),
                    SlotStore.NONE,
                    room,
                    capacity,
                    row -> shaped(row, claim.node(), creation.outcome()));
        }
        List<Object> deadline = List.of(when.relative(), when.micros(), when.micros());
        List<Object> parameters = new ArrayList<>();
        if (room == Room.LIVE && !creation.submits()) {
            if (when.schedule() != null) {
                parameters.add(when.schedule());
            }
            parameters.addAll(List.of(claim.horizon(), claim.node()));
            parameters.addAll(deadline);
            parameters.addAll(List.of(namespace, id.map(), id.key(), true, SlotStore.NONE));
        } else {
            if (room == Room.LIMITED) {
                parameters.addAll(List.of(namespace, id.map(), capacity));
            }
            parameters.addAll(List.of(namespace, claim.horizon(), claim.node()));
            if (when.schedule() != null) {
                parameters.add(when.schedule());
            }
            parameters.addAll(List.of(id.map(), id.key()));
            parameters.addAll(deadline);
            if (room == Room.LIVE) {
                parameters.add(namespace);
            }
        }
        String statement = switch (room) {
            case ANY -> creation.sql();
            case LIVE -> creation.live();
            case LIMITED -> creation.limited();
        };
        return first(
                creation.submits() ? "submit to a slot" : "start a slot",
                statement,
                row -> armed(row, claim.node(), creation.outcome(), when.schedule(), Armed.Held.NOT),
                parameters.toArray());
    }

    private List<Armed<StartOutcome>> armAll(Claim claim, List<SlotId> ids, Deadline when) {
        List<SlotId> ordered = List.copyOf(new TreeSet<>(ids));
        int size = ordered.size();
        String[] maps = new String[size];
        String[] keys = new String[size];
        for (int i = 0; i < size; i++) {
            SlotId id = ordered.get(i);
            maps[i] = id.map();
            keys[i] = id.key();
        }
        Map<SlotId, Armed<StartOutcome>> armed = new HashMap<>(size * 2);
        query(
                "start slots",
                START_MANY,
                row -> armed.put(
                        new SlotId(row.getString(1), row.getString(2)),
                        armed(row, claim.node(), PostgresSession::started, null, Armed.Held.NOT)),
                namespace,
                claim.horizon(),
                claim.node(),
                maps,
                keys,
                when.relative(),
                when.micros(),
                when.micros());
        List<Armed<StartOutcome>> answers = new ArrayList<>(ids.size());
        for (SlotId id : ids) {
            Armed<StartOutcome> answer = armed.get(id);
            if (answer == null) {
                throw new IllegalStateException("the database did not answer for " + id);
            }
            answers.add(answer);
            if (size < ids.size()) {
                armed.put(
                        id,
                        new Armed<>(
                                StartOutcome.REARMED,
                                answer.incarnation(),
                                answer.generation(),
                                answer.due(),
                                answer.point(),
                                answer.claimed()));
            }
        }
        return answers;
    }

    private @Nullable Armed<StartOutcome> rearm(Claim claim, SlotId id, Deadline when, long incarnation) {
        return first(
                "start a slot",
                RESTART,
                row -> armed(row, claim.node(), PostgresSession::started, row.getString(9), Armed.Held.NOT),
                claim.horizon(),
                claim.node(),
                when.relative(),
                when.micros(),
                when.micros(),
                namespace,
                id.map(),
                id.key(),
                false,
                incarnation);
    }

    /**
     * Arms a slot, and creates it where its map has room. What is not there is never armed but by the statement that counts it:
     * a slot that a look has seen may be gone when the next statement comes.
     */
    private <O extends Enum<O>> Armed<O> create(Creation<O> creation, int capacity, O rejected) {
        SlotId id = creation.id();
        if (capacity == 0) {
            Armed<O> armed = on(creation, Room.ANY, 0);
            return armed == null ? refused(creation, rejected) : armed;
        }
        Armed<O> there = whereItIs(creation, rejected);
        Armed<O> armed = there == null ? on(creation, Room.LIMITED, capacity) : there;
        if (armed != null) {
            return armed;
        }
        return inTransaction("start a slot of a map with a capacity", () -> {
            update("make room", NO_ROOM, namespace, id.map());
            query("lock the room", LOCK_ROOM, row -> 0, namespace, id.map());
            Long slots = first("count slots", COUNT_UP_TO, row -> row.getLong(1), namespace, id.map(), capacity);
            update("count the room", SET_ROOM, slots, namespace, id.map());
            Armed<O> stillThere = whereItIs(creation, rejected);
            if (stillThere != null) {
                return stillThere;
            }
            Armed<O> counted = on(creation, Room.LIMITED, capacity);
            if (counted != null) {
                return counted;
            }
            Offer offer = creation.offer();
            boolean full = slots != null && slots >= capacity;
            return offer != null && offer.expects() && !full ? Armed.changed(rejected) : Armed.nothing(rejected);
        });
    }

    /** Arms a slot that is there; null where none is. */
    private <O extends Enum<O>> @Nullable Armed<O> whereItIs(Creation<O> creation, O rejected) {
        Armed<O> armed = on(creation, Room.LIVE, 0);
        Offer offer = creation.offer();
        if (armed != null || offer == null || !offer.canBeRefused()) {
            return armed;
        }
        return find(creation.id(), false).isPresent() ? refused(creation, rejected) : null;
    }

    /** The map has room for the slot, and yet it was not armed. */
    private static <O extends Enum<O>> Armed<O> refused(Creation<O> creation, O rejected) {
        Offer offer = creation.offer();
        if (offer == null) {
            throw new IllegalStateException("the database did not answer for " + creation.id());
        }
        return offer.expects() ? Armed.changed(rejected) : Armed.nothing(rejected);
    }

    private static <O extends Enum<O>> Armed<O> armed(
            ResultSet row, long node, Function<FormerState, O> outcome, @Nullable String schedule, Armed.Held held)
            throws SQLException {
        FormerState was = new FormerState(row.getInt(3));
        boolean claimed = row.getLong(8) == node && !was.busy();
        return new Armed<>(
                outcome.apply(was),
                row.getLong(4),
                row.getLong(5),
                row.getLong(6),
                row.getLong(7),
                claimed,
                schedule,
                held);
    }

    /** What tells also what has become of the deadline that was asked for. */
    private static <O extends Enum<O>> Armed<O> shaped(ResultSet row, long node, Function<FormerState, O> outcome)
            throws SQLException {
        return armed(row, node, outcome, row.getString(9), held(row));
    }

    private static Armed.Held held(ResultSet row) throws SQLException {
        long due = row.getLong(6);
        long asked = row.getLong(11);
        long latest = row.getLong(12); // 0 for none
        if (due == asked) {
            return Armed.Held.NOT;
        }
        SlotLimit limit = SlotLimit.MIN_INTERVAL;
        if (due < asked) {
            limit = due == latest ? SlotLimit.MAX_WAIT : SlotLimit.FLUSH_AT;
        }
        return new Armed.Held(limit, Math.max(0, due - row.getLong(10)));
    }

    /** Collected values go in the transaction of their slot, which has them locked: all of them are seen then. */
    private <T> Optional<T> withItsValues(Carrying carrying, Supplier<Optional<T>> work) {
        return carrying.collects() ? inTransaction("remove a slot with its values", work) : work.get();
    }

    private <O extends Enum<O>> Removed<O> removed(ResultSet row, Function<FormerState, O> outcome)
            throws SQLException {
        FormerState was = new FormerState(row.getInt(1));
        if (was.collected()) {
            remove(row.getLong(2), row.getLong(4), row.getLong(5));
        }
        return new Removed<>(outcome.apply(was), was.armed(), row.getLong(2), row.getLong(3), row.getBoolean(6));
    }

    private static Long[] numbers(ResultSet row, int column) throws SQLException {
        return (Long[]) row.getArray(column).getArray();
    }

    private static StartOutcome started(FormerState was) {
        return was.armed() ? StartOutcome.REARMED : StartOutcome.STARTED;
    }

    private static SubmitOutcome submitted(FormerState was) {
        return was.armed() ? SubmitOutcome.COALESCED : SubmitOutcome.SUBMITTED;
    }

    private static CancelOutcome cancelled(FormerState was) {
        if (was.armed()) {
            return CancelOutcome.CANCELLED;
        }
        return was.run() ? CancelOutcome.RUNNING : CancelOutcome.NOT_ARMED;
    }

    private static DeleteOutcome deleted(FormerState was) {
        if (was.run()) {
            return DeleteOutcome.DELETED_WHILE_RUNNING;
        }
        return was.armed() ? DeleteOutcome.DELETED_ARMED : DeleteOutcome.DELETED;
    }
}
