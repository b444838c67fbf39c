package io.asyncslot.cluster;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.Merge;
import io.asyncslot.RetryOutcome;
import io.asyncslot.SlotLimit;
import io.asyncslot.SlotSnapshot.LastFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The slots in PostgreSQL. Thread-safe; see {@link SlotStore}.
 *
 * <p>The operations on keys are here; what nodes do is in {@link NodeStatements} and {@link FiringStatements}, what only
 * looks in {@link LookStatements}.
 */
final class PostgresSlotStore implements SlotStore {

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
            "(not s.withdrawn and (s.due is null or s.period and (p.always or d.due < s.due)))";

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
            .replace("{taken}", String.valueOf(Was.TAKEN))
            .replace("{deadline}", DEADLINE);

    /**
     * What the values of a run become that is to be delivered again: pending, as what was accepted first. Once only: the row
     * knows whether they are ({@code run_passed}), whatever its caller has heard.
     */
    private static final String PASS_ON = """
            ,
                payload = case when s.withdrawn then s.payload when s.run_passed then {pending} else {passed on single} end,
                run_payload = case when s.withdrawn then s.run_payload end,
                collected = coalesce(s.collected, 0)
                            + case when s.withdrawn then 0 else coalesce(s.run_collected, 0) end,
                passed_on = coalesce(s.passed_on, 0)
                            + case when s.withdrawn then 0 else coalesce(s.run_collected, 0) end,
                run_collected = case when s.withdrawn then s.run_collected end,
                run_upto = case when s.withdrawn then s.run_upto end,
                run_passed = s.run_passed is true or not s.withdrawn""";

    private static final String TOUCH =
            """
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
                      {schedule}, d.now, d.due, s.latest""".replace("{deadline}", DEADLINE).replace("{schedule}", LookStatements.SCHEDULE);

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
    private static final String VALUES_SINCE =
            "case when s.run_began is not null then " + ValueStatements.SINCE + " else 0 end";

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
                paused_at = {now},
                owner = case when s.run_began is not null then s.owner end
            where s.ns = ? and s.map = ? and s.key = ? and s.live and not s.paused""";

    private static final String RESUME = """
            update asyncslot_slot s set
                paused = false,
                look = coalesce(s.run_due, s.due, s.not_before),
                owner = case when s.run_began is not null then s.owner
                             when coalesce(s.run_due, s.due) <= d.now + ? then ? end
            from (select {now} as now) d
            where s.ns = ? and s.map = ? and s.key = ? and s.live and s.paused
            returning {due}, s.owner is not null and s.run_began is null as claimed""".replace("{due}", FiringStatements.DUE);

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

    private final String namespace;
    private final NodeStatements nodes;
    private final FiringStatements firing;
    private final LookStatements looks;
    private final ValueStatements values;

    private final String start;
    private final String startMany;
    private final String startLimited;
    private final String submit;
    private final String submitLimited;
    private final String submitLive;
    private final String startScheduled;
    private final String startScheduledLimited;
    private final String rearm;
    private final String rearmScheduled;
    private final String restart;
    private final String retry;
    private final Map<Merge, String> retryWithValues = new EnumMap<>(Merge.class);
    private final String touch;
    private final String touchShaped;
    private final String touchOwn;
    private final String cancel;
    private final String delete;
    private final String deleteAll;
    private final String pause;
    private final String resume;
    private final String pauseMap;
    private final String resumeMap;
    private final String retryFailed;
    private final String forgetFailed;
    private final String countUpTo;
    private final String noRoom;
    private final String lockRoom;
    private final String setRoom;

    /**
     * A store of one namespace.
     *
     * @param tables where it is
     * @param namespace which slots; other namespaces in the same tables are not seen
     */
    PostgresSlotStore(Tables tables, String namespace) {
        this.namespace = namespace;
        this.nodes = new NodeStatements(tables, namespace);
        this.firing = new FiringStatements(tables, namespace);
        this.looks = new LookStatements(tables, namespace);
        this.values = new ValueStatements(tables, namespace);
        String upsert = ValueStatements.filled(UPSERT);
        String scheduled = upsert.replace("{columns}", ", schedule, scheduled")
                .replace("{scheduled}", ", ?::text, a.number")
                .replace("{follow}", FOLLOW.replace("{schedule}", "excluded.schedule"))
                .replace("{slots}", ONE)
                .replace("{keep}", "false")
                .replace("{only live}", "");
        this.startScheduled = tables.sql(scheduled.replace("{room}", ""));
        this.startScheduledLimited = tables.sql(TAKE_ROOM + scheduled.replace("{room}", " cross join r"));
        upsert = upsert.replace("{columns}", "").replace("{scheduled}", "").replace("{follow}", "");
        String anyTemplate = upsert.replace("{only live}", "");
        String startTemplate = anyTemplate.replace("{slots}", ONE).replace("{keep}", "false");
        String submitTemplate = anyTemplate.replace("{slots}", ONE).replace("{keep}", COALESCE);
        this.start = tables.sql(startTemplate.replace("{room}", ""));
        this.startLimited = tables.sql(TAKE_ROOM + startTemplate.replace("{room}", " cross join r"));
        this.startMany = tables.sql(
                anyTemplate.replace("{slots}", MANY).replace("{keep}", "false").replace("{room}", ""));
        this.submit = tables.sql(submitTemplate.replace("{room}", ""));
        this.submitLimited = tables.sql(TAKE_ROOM + submitTemplate.replace("{room}", " cross join r"));
        this.submitLive = tables.sql(upsert.replace("{slots}", ONE)
                .replace("{keep}", COALESCE)
                .replace("{room}", ONLY_LIVE)
                .replace("{only live}", "\n            where s.live"));
        String anyRearm = ValueStatements.filled(REARM);
        this.rearm = tables.sql(anyRearm.replace("{follow}", ""));
        this.rearmScheduled = tables.sql(anyRearm.replace("{follow}", FOLLOW.replace("{schedule}", "?::text")));
        this.restart = tables.sql(anyRearm.replace("{follow}", GO_ON));
        this.retry = tables.sql(
                RETRY.replace("{pass on}", "").replace("{parameters}", "").replace("{expected}", ""));
        for (Merge merge : Merge.values()) {
            retryWithValues.put(merge, tables.sql(retryWithValues(merge)));
        }
        String touchPlain = TOUCH.replace("{moved}", "d.due").replace("{parameters}", "");
        this.touch = tables.sql(touchPlain.replace("{same schedule}", ""));
        this.touchOwn = tables.sql(touchPlain.replace(
                "{same schedule}", " and " + LookStatements.SCHEDULE + " is not distinct from ?::text"));
        this.touchShaped = tables.sql(TOUCH.replace("{moved}", MOVED)
                .replace("{same schedule}", "")
                .replace("{parameters}", ", (select ?::int as flush_at) p"));
        this.cancel = tables.sql(ValueStatements.filled(CANCEL));
        this.delete = tables.sql(ValueStatements.filled(DELETE));
        this.deleteAll = tables.sql(DELETE_ALL);
        this.pause = tables.sql(PAUSE);
        this.resume = tables.sql(RESUME);
        this.pauseMap =
                tables.sql("insert into asyncslot_paused (ns, map, since) values (?, ?, {now}) on conflict do nothing");
        this.resumeMap = tables.sql("delete from asyncslot_paused where ns = ? and map = ?");
        this.retryFailed = tables.sql(RETRY_FAILED);
        this.forgetFailed = tables.sql(FORGET_FAILED);
        this.countUpTo = tables.sql(COUNT_UP_TO);
        this.noRoom = tables.sql("insert into asyncslot_room (ns, map, slots) values (?, ?, 0) on conflict do nothing");
        this.lockRoom = tables.sql("select slots from asyncslot_room where ns = ? and map = ? for update");
        this.setRoom = tables.sql("update asyncslot_room set slots = ? where ns = ? and map = ?");
    }

    private static String retryWithValues(Merge merge) {
        String passedOn = merge == Merge.FIRST
                ? "coalesce(s.run_payload, {pending})"
                : "coalesce(p.merged, {pending}, s.run_payload)";
        return ValueStatements.filled(RETRY.replace("{pass on}", PASS_ON.replace("{passed on single}", passedOn))
                .replace("{parameters}", ", ?::bytea as merged, ?::boolean as expects, ?::bytea as expected")
                .replace(
                        "{expected}",
                        " and (not p.expects or s.run_passed or {pending} is not distinct from p.expected)"));
    }

    @Override
    public Armed<StartOutcome> start(
            Connection connection, Claim claim, SlotId id, When when, @Nullable Offer offer, int capacity) {
        boolean follows = when.schedule() != null;
        Creation<StartOutcome> creation = new Creation<>(
                false,
                follows ? startScheduled : start,
                follows ? startScheduledLimited : startLimited,
                follows ? rearmScheduled : rearm,
                claim,
                id,
                when,
                offer,
                PostgresSlotStore::started);
        return create(connection, creation, capacity, StartOutcome.REJECTED);
    }

    @Override
    public List<Armed<StartOutcome>> startAll(
            Connection connection, Claim claim, List<SlotId> ids, When when, @Nullable Offer offer, int capacity) {
        if (offer == null && capacity == 0 && ids.size() > 1) {
            return armAll(connection, claim, ids, when);
        }
        List<Armed<StartOutcome>> answers = new ArrayList<>(ids.size());
        for (SlotId id : ids) {
            answers.add(start(connection, claim, id, when, offer, capacity));
        }
        return answers;
    }

    @Override
    public Armed<StartOutcome> restart(
            Connection connection, Claim claim, SlotId id, long incarnation, When when, Carrying carrying) {
        Armed<StartOutcome> rearmed = carrying.isPlain()
                ? rearm(connection, claim, id, when, incarnation)
                : values.arm(
                        connection,
                        false,
                        claim,
                        id,
                        when,
                        Offer.nothing(carrying),
                        incarnation,
                        Room.ANY,
                        0,
                        row -> shaped(row, claim.node(), PostgresSlotStore::started));
        return rearmed == null ? Armed.nothing(StartOutcome.FREED) : rearmed;
    }

    @Override
    public Retried retry(Connection connection, SlotId id, long token, When when, Retry how, Offer offer) {
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
        Was was = Jdbc.first(
                connection,
                "retry a firing",
                merge == null ? retry : String.valueOf(retryWithValues.get(merge)),
                row -> new Was(row.getInt(1)),
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
    public Armed<SubmitOutcome> submit(
            Connection connection, Claim claim, SlotId id, @Nullable Offer offer, int capacity) {
        Creation<SubmitOutcome> creation = new Creation<>(
                true, submit, submitLimited, submitLive, claim, id, When.in(0), offer, PostgresSlotStore::submitted);
        return create(connection, creation, capacity, SubmitOutcome.REJECTED);
    }

    @Override
    public Optional<Removed<CancelOutcome>> take(Connection connection, SlotId id, Row seen) {
        return values.take(connection, id, seen);
    }

    @Override
    public Armed<TouchOutcome> touch(Connection connection, Claim claim, SlotId id, When when, Carrying carrying) {
        List<Object> parameters =
                new ArrayList<>(List.of(claim.horizon(), claim.node(), when.relative(), when.micros(), when.micros()));
        if (!carrying.isPlain()) {
            parameters.add(carrying.flushAt());
        }
        parameters.addAll(List.of(namespace, id.map(), id.key()));
        return touch(connection, claim, carrying.isPlain() ? touch : touchShaped, parameters);
    }

    @Override
    public Armed<TouchOutcome> touchOwn(Connection connection, Claim claim, SlotId id, When when) {
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
        return touch(connection, claim, touchOwn, parameters);
    }

    private static Armed<TouchOutcome> touch(
            Connection connection, Claim claim, String statement, List<? extends @Nullable Object> parameters) {
        Armed<TouchOutcome> touched = Jdbc.first(
                connection,
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
    public Removed<CancelOutcome> cancel(Connection connection, SlotId id, WhenIdle whenIdle, Carrying carrying) {
        Optional<Removed<CancelOutcome>> removed = withItsValues(
                connection,
                carrying,
                () -> Optional.ofNullable(Jdbc.first(
                        connection,
                        "cancel a slot",
                        cancel,
                        row -> removed(connection, row, PostgresSlotStore::cancelled),
                        whenIdle == WhenIdle.FREE,
                        namespace,
                        id.map(),
                        id.key())));
        return removed.orElseGet(() -> Removed.nothing(CancelOutcome.ABSENT));
    }

    @Override
    public Removed<DeleteOutcome> delete(Connection connection, SlotId id, Carrying carrying) {
        Optional<Removed<DeleteOutcome>> removed = withItsValues(
                connection,
                carrying,
                () -> Optional.ofNullable(Jdbc.first(
                        connection,
                        "delete a slot",
                        delete,
                        row -> removed(connection, row, PostgresSlotStore::deleted),
                        namespace,
                        id.map(),
                        id.key())));
        return removed.orElseGet(() -> Removed.nothing(DeleteOutcome.ABSENT));
    }

    @Override
    public boolean pause(Connection connection, SlotId id) {
        return Jdbc.update(connection, "pause a slot", pause, namespace, id.map(), id.key()) > 0;
    }

    @Override
    public Optional<Due> resume(Connection connection, Claim claim, SlotId id) {
        return Jdbc.query(
                        connection,
                        "resume a slot",
                        resume,
                        row -> row.getBoolean("claimed")
                                ? Optional.of(FiringStatements.due(row))
                                : Optional.<Due>empty(),
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
    public boolean pauseMap(Connection connection, String map, boolean paused) {
        return Jdbc.update(connection, "pause a map", paused ? pauseMap : resumeMap, namespace, map) > 0;
    }

    @Override
    public long pausedSince(Connection connection, String map) {
        return looks.pausedSince(connection, map);
    }

    @Override
    public List<String> pausedMaps(Connection connection) {
        return looks.pausedMaps(connection);
    }

    @Override
    public DeletedBatch deleteAll(Connection connection, String map, @Nullable String after, int limit) {
        return Jdbc.inTransaction(
                connection,
                "delete the slots of a map",
                () -> Optional.ofNullable(Jdbc.first(
                                connection,
                                "delete the slots of a map",
                                deleteAll,
                                row -> {
                                    if (row.getInt(1) > 0) {
                                        values.remove(connection, numbers(row, 4), numbers(row, 5));
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
    public boolean runs(Connection connection, String map) {
        return looks.runs(connection, map);
    }

    @Override
    public Optional<Row> find(Connection connection, SlotId id, boolean withValues) {
        return looks.find(connection, id, withValues);
    }

    @Override
    public List<Row> list(Connection connection, String map, String prefix, @Nullable String after, int limit) {
        return looks.list(connection, map, prefix, after, limit);
    }

    @Override
    public Counts count(Connection connection, String map, int limit) {
        return looks.count(connection, map, limit);
    }

    @Override
    public Times times(Connection connection, String map, int limit) {
        return looks.times(connection, map, limit);
    }

    @Override
    public Duration overdue(Connection connection) {
        return looks.overdue(connection);
    }

    @Override
    public long now(Connection connection) {
        return nodes.now(connection);
    }

    @Override
    public long join(Connection connection, String name) {
        return nodes.join(connection, name);
    }

    @Override
    public List<Node> nodes(Connection connection, int limit) {
        return nodes.nodes(connection, limit);
    }

    @Override
    public void hosts(Connection connection, long node, List<String> maps) {
        nodes.hosts(connection, node, maps);
    }

    @Override
    public Map<String, Long> unhosted(Connection connection, int limit) {
        return looks.unhosted(connection, limit);
    }

    @Override
    public int move(Connection connection, String from, String to, int limit) {
        return nodes.move(connection, from, to, limit);
    }

    @Override
    public Released release(Connection connection, long node) {
        return nodes.release(connection, node);
    }

    @Override
    public int release(Connection connection, long node, String map) {
        return nodes.release(connection, node, map);
    }

    @Override
    public Beats beat(Connection connection, long node) {
        return nodes.beat(connection, node);
    }

    @Override
    public Optional<Released> giveUp(Connection connection, Beats.Beat silent) {
        return nodes.giveUp(connection, silent);
    }

    @Override
    public Released releaseOrphans(Connection connection) {
        return nodes.releaseOrphans(connection);
    }

    @Override
    public int purge(Connection connection, long retention, int limit) {
        return nodes.purge(connection, retention, limit);
    }

    @Override
    public int purgeValues(Connection connection) {
        return nodes.purgeValues(connection);
    }

    @Override
    public Swept sweep(Connection connection, Claim claim, List<String> maps, Collection<String> freeing, int limit) {
        return firing.sweep(connection, claim, maps, freeing, limit);
    }

    @Override
    public List<Due> overlooked(Connection connection, long node, long overdue, int limit) {
        return firing.overlooked(connection, node, overdue, limit);
    }

    @Override
    public BeginResult begin(Connection connection, long node, List<Begin> begins) {
        return firing.begin(connection, node, begins);
    }

    @Override
    public List<Ended> end(
            Connection connection, Claim claim, List<Finish> finishes, Set<String> freeing, long retention) {
        return firing.end(connection, claim, finishes, freeing, retention);
    }

    @Override
    public List<FailedFiring> failed(Connection connection, String map, int limit) {
        return looks.failed(connection, map, limit);
    }

    @Override
    public boolean retryFailed(Connection connection, SlotId id) {
        return Jdbc.inTransaction(
                connection,
                "retry a failed firing",
                () -> Jdbc.first(
                                connection,
                                "retry a failed firing",
                                retryFailed,
                                row -> {
                                    if (row.getBoolean(3)) {
                                        values.adopt(connection, row.getLong(1), row.getLong(2));
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
    public int forgetFailed(Connection connection, String map, @Nullable String key) {
        Integer forgotten = Jdbc.first(
                connection,
                "forget failed firings",
                forgetFailed,
                row -> row.getInt(1),
                key,
                namespace,
                map,
                namespace,
                map);
        return forgotten == null ? 0 : forgotten;
    }

    @Override
    public Optional<LastFiring> departed(Connection connection, SlotId id) {
        return looks.departed(connection, id);
    }

    @Override
    public List<Departed> departed(Connection connection, String map, boolean failed, int limit) {
        return looks.departed(connection, map, failed, limit);
    }

    @Override
    public List<Running> running(Connection connection, long node, int limit) {
        return firing.running(connection, node, limit);
    }

    @Override
    public boolean cutOff(Connection connection, long node, SlotId id, long token) {
        return nodes.cutOff(connection, node, id, token);
    }

    @Override
    public boolean putOff(Connection connection, long node, SlotId id, long token, long pause) {
        return nodes.putOff(connection, node, id, token, pause);
    }

    @Override
    public boolean isHosted(Connection connection, String map) {
        return looks.isHosted(connection, map);
    }

    @Override
    public boolean listen(Connection connection) {
        return nodes.listen(connection);
    }

    @Override
    public List<String> heard(Connection connection, int millis) {
        return nodes.heard(connection, millis);
    }

    @Override
    public void tell(Connection connection, String line) {
        nodes.tell(connection, line);
    }

    @Override
    public long runToken(Connection connection, SlotId id) {
        return nodes.runToken(connection, id);
    }

    @Override
    public boolean announceAwait(Connection connection, SlotId self, long token, SlotId target) {
        return nodes.announceAwait(connection, self, token, target);
    }

    @Override
    public void withdrawAwait(Connection connection, SlotId self, long token) {
        nodes.withdrawAwait(connection, self, token);
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
            When when,
            @Nullable Offer offer,
            Function<Was, O> outcome) {

        @Nullable
        Armed<O> on(Connection connection, ValueStatements values, String namespace, Room room, int capacity) {
            Jdbc.RowReader<Armed<O>> reader = row -> armed(row, claim.node(), outcome, when.schedule());
            if (offer != null) {
                return values.arm(
                        connection,
                        submits,
                        claim,
                        id,
                        when,
                        offer,
                        NONE,
                        room,
                        capacity,
                        row -> shaped(row, claim.node(), outcome));
            }
            List<Object> deadline = List.of(when.relative(), when.micros(), when.micros());
            List<Object> parameters = new ArrayList<>();
            if (room == Room.LIVE && !submits) {
                if (when.schedule() != null) {
                    parameters.add(when.schedule());
                }
                parameters.addAll(List.of(claim.horizon(), claim.node()));
                parameters.addAll(deadline);
                parameters.addAll(List.of(namespace, id.map(), id.key(), true, NONE));
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
                case ANY -> sql;
                case LIVE -> live;
                case LIMITED -> limited;
            };
            return Jdbc.first(
                    connection, submits ? "submit to a slot" : "start a slot", statement, reader, parameters.toArray());
        }
    }

    private List<Armed<StartOutcome>> armAll(Connection connection, Claim claim, List<SlotId> ids, When when) {
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
        Jdbc.query(
                connection,
                "start slots",
                startMany,
                row -> armed.put(
                        new SlotId(row.getString(1), row.getString(2)),
                        armed(row, claim.node(), PostgresSlotStore::started, null)),
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

    private @Nullable Armed<StartOutcome> rearm(
            Connection connection, Claim claim, SlotId id, When when, long incarnation) {
        return Jdbc.first(
                connection,
                "start a slot",
                restart,
                row -> armed(row, claim.node(), PostgresSlotStore::started, null),
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
    private <O extends Enum<O>> Armed<O> create(Connection connection, Creation<O> creation, int capacity, O rejected) {
        SlotId id = creation.id();
        if (capacity == 0) {
            Armed<O> armed = creation.on(connection, values, namespace, Room.ANY, 0);
            return armed == null ? refused(creation, rejected) : armed;
        }
        Armed<O> there = whereItIs(connection, creation, rejected);
        Armed<O> armed = there == null ? creation.on(connection, values, namespace, Room.LIMITED, capacity) : there;
        if (armed != null) {
            return armed;
        }
        return Jdbc.inTransaction(connection, "start a slot of a map with a capacity", () -> {
            Jdbc.update(connection, "make room", noRoom, namespace, id.map());
            Jdbc.query(connection, "lock the room", lockRoom, row -> 0, namespace, id.map());
            Long slots = Jdbc.first(
                    connection, "count slots", countUpTo, row -> row.getLong(1), namespace, id.map(), capacity);
            Jdbc.update(connection, "count the room", setRoom, slots, namespace, id.map());
            Armed<O> stillThere = whereItIs(connection, creation, rejected);
            if (stillThere != null) {
                return stillThere;
            }
            Armed<O> counted = creation.on(connection, values, namespace, Room.LIMITED, capacity);
            if (counted != null) {
                return counted;
            }
            Offer offer = creation.offer();
            boolean full = slots != null && slots >= capacity;
            return offer != null && offer.expects() && !full ? Armed.changed(rejected) : Armed.nothing(rejected);
        });
    }

    /** Arms a slot that is there; null where none is. */
    private <O extends Enum<O>> @Nullable Armed<O> whereItIs(Connection connection, Creation<O> creation, O rejected) {
        Armed<O> armed = creation.on(connection, values, namespace, Room.LIVE, 0);
        Offer offer = creation.offer();
        if (armed != null || offer == null || !offer.canBeRefused()) {
            return armed;
        }
        return find(connection, creation.id(), false).isPresent() ? refused(creation, rejected) : null;
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
            ResultSet row, long node, Function<Was, O> outcome, @Nullable String schedule) throws SQLException {
        return armed(row, node, outcome, schedule, Armed.Held.NOT);
    }

    private static <O extends Enum<O>> Armed<O> armed(
            ResultSet row, long node, Function<Was, O> outcome, @Nullable String schedule, Armed.Held held)
            throws SQLException {
        Was was = new Was(row.getInt(3));
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
    private static <O extends Enum<O>> Armed<O> shaped(ResultSet row, long node, Function<Was, O> outcome)
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
    private static <T> Optional<T> withItsValues(
            Connection connection, Carrying carrying, Jdbc.Work<Optional<T>> work) {
        try {
            return carrying.collects()
                    ? Jdbc.inTransaction(connection, "remove a slot with its values", work)
                    : work.run();
        } catch (SQLException e) {
            throw new StoreException("remove a slot with its values", e);
        }
    }

    private <O extends Enum<O>> Removed<O> removed(Connection connection, ResultSet row, Function<Was, O> outcome)
            throws SQLException {
        Was was = new Was(row.getInt(1));
        if (was.collected()) {
            values.remove(connection, row.getLong(2), row.getLong(4), row.getLong(5));
        }
        return new Removed<>(outcome.apply(was), was.armed(), row.getLong(2), row.getLong(3), row.getBoolean(6));
    }

    private static Long[] numbers(ResultSet row, int column) throws SQLException {
        return (Long[]) row.getArray(column).getArray();
    }

    private static StartOutcome started(Was was) {
        return was.armed() ? StartOutcome.REARMED : StartOutcome.STARTED;
    }

    private static SubmitOutcome submitted(Was was) {
        return was.armed() ? SubmitOutcome.COALESCED : SubmitOutcome.SUBMITTED;
    }

    private static CancelOutcome cancelled(Was was) {
        if (was.armed()) {
            return CancelOutcome.CANCELLED;
        }
        return was.run() ? CancelOutcome.RUNNING : CancelOutcome.NOT_ARMED;
    }

    private static DeleteOutcome deleted(Was was) {
        if (was.run()) {
            return DeleteOutcome.DELETED_WHILE_RUNNING;
        }
        return was.armed() ? DeleteOutcome.DELETED_ARMED : DeleteOutcome.DELETED;
    }
}
