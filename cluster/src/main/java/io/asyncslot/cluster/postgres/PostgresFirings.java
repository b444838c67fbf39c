package io.asyncslot.cluster.postgres;

import io.asyncslot.cluster.jdbc.JdbcStore;
import io.asyncslot.cluster.jdbc.Tables;
import io.asyncslot.cluster.store.Begin;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.Ended;
import io.asyncslot.cluster.store.Finish;
import io.asyncslot.cluster.store.NotBegun;
import io.asyncslot.cluster.store.Running;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.StartedRun;
import io.asyncslot.cluster.store.StoreException;
import io.asyncslot.cluster.store.StoreSession;
import io.asyncslot.cluster.store.Trouble;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a node does, in batches, from the claim of a slot to the end of its run. Thread-safe. */
abstract class PostgresFirings extends PostgresValues {

    /*
     * Each statement locks its rows first, and skips those that other transactions have: a user's transaction that
     * stays open must not hold up a node, and cannot come to a deadlock with it. What was skipped is asked again.
     *
     * What is locked is changed by its place in the table: whatever the planner believes about the size of the table, it
     * neither scans nor hashes it for that. A row that was changed between the statement's snapshot and the lock has
     * another place, which the snapshot does not show: it is skipped as well.
     *
     * The node's own row is locked against its release: so a begin is either before the release, and then cut off by
     * it, or never.
     */

    /** Slots with any number of values that one statement begins. */
    private static final int MOST_COLLECTING = 10;

    /** The columns of a {@link Due}: the run that was cut off, else what is pending. */
    static final String DUE = """
            s.map, s.key, s.incarnation, s.run_token is not null as cut_off,
            case when s.run_token is not null then s.run_generation else s.generation end as generation,
            case when s.run_token is not null then s.run_due else s.due end as due,
            case when s.run_token is not null then coalesce(s.run_point, s.run_due)
                 else coalesce(s.point, s.due) end as point,
            s.period and s.run_token is null as period,
            case when s.run_token is not null then s.run_attempt + 1 else s.due_attempt end as attempt,
            case when s.run_token is null and s.scheduled = s.generation then s.schedule end as schedule""";

    private static final String ME = "me as (select id from asyncslot_node where id = ? for key share)";

    /** Has one parameter, the namespace. */
    private static final String NOT_PAUSED =
            "not s.paused and s.map <> all (array (select p.map from asyncslot_paused p where p.ns = ?))";

    /** What a node holds under a generation. The owner is compared so that no index but the key's is thought of. */
    private static final String HELD = """
            s.ns = ? and s.map = a.map and s.key = a.key and (s.owner = ?) is true and s.run_began is null
            and case when s.run_token is not null then s.run_generation else s.generation end = a.generation
            and {not paused}""".replace("{not paused}", NOT_PAUSED);

    /** When a sweep has to look that is to free a slot after its interval, and not before: it looks ahead as far as the horizon. */
    private static final String END_OF_REST = "s.not_before + (n.horizon - n.now)";

    /** What was moved to later, or away, is looked at again when it comes near. By map: so the slots of paused maps, and of maps that this node does not have, are not even looked at. */
    private static final String SWEEP = """
            with {me},
            n as (select c.now, c.now + ? as horizon, ?::text[] as freeing from (select {now} as now) c),
            l as (select w.place
                  from unnest(?) as a (map)
                  cross join lateral (
                      select s.ctid as place, s.wake from asyncslot_slot s, me
                      where s.ns = ? and s.map = a.map and s.wake <= (select horizon from n)
                      order by s.wake limit ? for update of s skip locked) w
                  where a.map <> all (array (select p.map from asyncslot_paused p where p.ns = ?))
                  order by w.wake limit ?)
            update asyncslot_slot s set
                owner = case when coalesce(s.run_due, s.due) <= n.horizon then me.id end,
                live = s.live and not {rested},
                dead_at = case when {rested} then n.now else s.dead_at end,
                look = coalesce(s.run_due, s.due,
                                case when s.live and s.not_before > n.now and s.map = any (n.freeing)
                                     then {end of rest} end)
            from me, n where s.ctid = any (array (select place from l))
            returning {due}, s.owner is not null as claimed, not s.live as gone""".replace("{me}", ME)
            .replace("{due}", DUE)
            .replace(
                    "{rested}",
                    "(s.map = any (n.freeing) and s.live and s.due is null and s.run_token is null"
                            + " and s.not_before <= n.now) is true")
            .replace("{end of rest}", END_OF_REST);

    private static final String OVERLOOKED =
            """
            select {due} from asyncslot_slot s
            where s.owner = ? and s.run_began is null
              and coalesce(s.run_due, s.due) < (select {now}) - ?
              and {not paused}
            limit ?""".replace("{not paused}", NOT_PAUSED).replace("{due}", DUE);

    /** Who waits for a row sees what those before it have committed: a snapshot from before the wait would make it fail. */
    private static final String SEES_WHAT_IS_COMMITTED = "set transaction isolation level read committed";

    private static final String LIMIT_OF_WAITS = "select set_config('lock_timeout', ?, true)";

    private static final String WAIT_FOR =
            "select 1 from asyncslot_slot where ns = ? and map = ? and key = ? for update";

    private static final String BEGIN = """
            with {me},
            n as (select {now} as now),
            l as (select s.place, s.map, s.key, s.redo, nullif(a.next, -1) as next, nullif(a.rest, -1) as rest,
                         case when a.next <> -1 and not s.redo then nextval('asyncslot_sequence') end as number{seen}
                  from unnest(?, ?, ?, ?, ?, ?) as a (map, key, generation, next, rest, due)
                  cross join lateral (
                      select s.ctid as place, s.map, s.key, s.run_token is not null as redo{former}
                      from asyncslot_slot s, me
                      where {held} and coalesce(s.run_due, s.due) <= (select now from n)
                        and (a.due = -1 or a.due = coalesce(s.run_due, s.due))
                      for update of s skip locked) s)
            update asyncslot_slot s set
                run_token = nextval('asyncslot_sequence'),
                run_incarnation = s.incarnation,
                run_generation = case when l.redo then s.run_generation else s.generation end,
                run_due = case when l.redo then s.run_due else s.due end,
                run_attempt = case when l.redo then s.run_attempt + 1 else s.due_attempt end,
                run_point = case when l.redo then s.run_point else s.point end,
                run_began = n.now,
                withdrawn = l.redo and s.withdrawn,
                generation = coalesce(l.number, s.generation),
                scheduled = case when l.redo then s.scheduled when s.scheduled = s.generation then l.number end,
                schedule = case when l.redo or l.next is not null and s.scheduled = s.generation then s.schedule end,
                not_before = n.now + l.rest,
                due = case when l.redo then s.due else l.next end,
                due_attempt = case when l.redo then s.due_attempt else 1 end,
                point = case when l.redo then s.point end,
                run_passed = case when l.redo then s.run_passed end,
                period = case when l.redo then s.period else l.next is not null end{values}
            from l, n where s.ctid = any (array (select place from l)) and s.map = l.map and s.key = l.key
            returning s.map, s.key, s.run_token, s.run_incarnation, s.run_generation, s.run_due, s.run_began,
                      s.run_attempt, (l.redo and s.run_passed) is true as passed{handed}""".replace("{me}", ME).replace("{held}", HELD);

    /**
     * Whether the begin of the run handed the values over: the number it drew for them is higher than its generation's, which
     * that of any earlier run is not. The begin of a node that took its map for one without values did not.
     */
    private static final String HANDED_OVER = "(s.run_upto > s.run_generation) is true";

    /**
     * What is pending goes to the run; a further attempt of a run that was cut off has it already, unless the begin did not hand
     * it over: then it does now.
     */
    private static final String TO_THE_RUN = """
            ,
                payload = case when l.redo and ({own} or s.due is not null) then s.payload end,
                run_payload = case when not l.redo then {pending} when {own} then s.run_payload
                                   else nullif(coalesce(case when s.run_upto is null then s.run_payload end, s.payload), '') end,
                collected = case when l.redo and ({own} or s.due is not null) then s.collected else 0 end,
                passed_on = case when l.redo and ({own} or s.due is not null) then s.passed_on else 0 end,
                run_collected = case when not l.redo then {collected} when {own} then s.run_collected
                                     when s.due is null then coalesce(s.collected, 0) else 0 end,
                run_upto = case when l.redo and {own} then s.run_upto when l.redo and s.due is not null then 0
                                else nextval('asyncslot_sequence') end""".replace("{own}", HANDED_OVER);

    /**
     * What a node reads that takes its map for one without values: whether there are any. It leaves them where they are, as
     * pending although they were to be handed over.
     */
    private static final String FOREIGN =
            ", s.payload is not null or coalesce(s.collected, 0) > 0 or l.redo and " + HANDED_OVER;

    /** What was accepted before: a row that was changed after the snapshot of the statement does not begin. */
    private static final String HANDED = """
            , s.run_payload,
                      (select array_agg(v.value order by v.number) from asyncslot_value v
                       where v.slot = s.run_incarnation and v.number < s.run_upto
                         and v.number >= case when l.former = s.run_incarnation
                                                   and (not l.redo or l.former_upto <= s.run_generation)
                                              then coalesce(l.former_upto, 0) else 0 end),
                      l.redo, l.former, l.former_upto""";

    /** A statement, and the removal of the values of a former run, unless the slot keeps them. */
    private static final String REMOVING = """
            with {statement},
            v as (delete from asyncslot_value where ctid = any (array (
                      select c.place from u
                      cross join lateral (select v.ctid as place from asyncslot_value v
                                          where v.slot = u.former and v.number < u.former_upto offset 0) c
                      where not u.{keeps})))
            select * from u""";

    /** Removes what was kept of a former run that had failed for good. */
    private static final String CLEANED = REMOVING.replace("{keeps}", "redo");

    /** The values of a run go with its end, unless it has failed for good: then somebody may have it delivered again. */
    private static final String VALUES_ENDED = """
            ,
                run_payload = case when {failed} then s.run_payload end,
                run_collected = case when {failed} then s.run_collected end,
                run_upto = case when {failed} then s.run_upto end""";

    private static final String REMOVED = REMOVING.replace("{keeps}", "failed");

    /** Why a slot did not begin: it is not this node's any more, or not due yet, or else was locked. */
    private static final String NOT_BEGUN = """
            select a.map, a.key, a.generation, d.due is not null as mine,
                   d.due > d.now or a.due <> -1 and a.due <> d.due as early, d.due
            from unnest(?, ?, ?, ?) as a (map, key, generation, due)
            left join lateral (
                select coalesce(s.run_due, s.due) as due, c.now
                from asyncslot_slot s, (select {now} as now) c
                where {held} and exists (select 1 from asyncslot_node n where n.id = s.owner) offset 0) d on true""".replace("{held}", HELD);

    /** Whether the run is one of the slot that is there now: what an earlier one did is nothing of its. */
    private static final String OWN_RUN = "s.run_incarnation = s.incarnation";

    /** What is pending after a run: no sooner than the interval allows, unless the run's firing is delivered again. */
    private static final String HELD_BACK =
            "(case when s.due is not null and s.point is null then greatest(s.due, l.rest) else s.due end)";

    /** A run that was cut off has no {@code run_began}: its end is refused, also where the same process has claimed it again. */
    private static final String END = """
            with n as (select c.now, c.now + ? as horizon from (select {now} as now) c),
            l as (select s.place, s.map, s.key, a.token, a.map = any (?) as frees, a.map = any (?) as leaves,
                         a.result, a.took, a.error, case when s.own then nullif(a.rest, -1) end as rest{seen}
                  from unnest(?, ?, ?, ?, ?, ?, ?) as a (map, key, token, result, took, error, rest)
                  cross join lateral (
                      select s.ctid as place, s.map, s.key, {own run} as own{former} from asyncslot_slot s
                      where s.ns = ? and s.map = a.map and s.key = a.key and s.run_token = a.token
                        and (s.owner = ?) is true and s.run_began is not null
                      for update skip locked) s)
            update asyncslot_slot s set
                live = s.live and not {idle},
                paused = s.paused and not {idle},
                dead_at = case when {idle} then n.now + case when {failed} then ? else 0 end else s.dead_at end,
                last_fired = case when {called} then s.run_began else s.last_fired end,
                last_generation = case when {called} then s.run_generation else s.last_generation end,
                last_attempt = case when {called} then s.run_attempt else s.last_attempt end,
                last_lateness = case when {called} then s.run_began - s.run_due else s.last_lateness end,
                last_took = case when {called} then l.took else s.last_took end,
                last_error = case when {called} then l.error else s.last_error end,
                failures = s.failures + case when {called} and l.error is not null then 1 else 0 end,
                failed_at = case when {failed} then n.now when not {called} then s.failed_at end,
                run_token = null,
                run_due = null,
                run_began = null,
                run_point = null,
                run_passed = null,
                awaits_map = null,
                awaits_key = null,
                due = {next},
                not_before = greatest(s.not_before, l.rest),
                look = coalesce({next}, case when l.frees and s.live and {resting}
                                             then greatest(s.not_before, l.rest) + (n.horizon - n.now) end),
                owner = case when not s.paused and {next} <= n.horizon and not l.leaves then s.owner end{values}
            from l, n where s.ctid = any (array (select place from l)) and s.map = l.map and s.key = l.key
            returning {due}, s.owner is not null as claimed,
                      (l.leaves and not s.paused and s.due <= n.horizon) is true as left_over,
                      l.token, not s.live as gone{handed}""";

    private static String end(String seen, String former, String values, String handed) {
        return END.replace("{seen}", seen)
                .replace("{former}", former)
                .replace("{values}", values)
                .replace("{handed}", handed)
                .replace("{due}", DUE)
                .replace("{idle}", "(l.frees and s.live and s.due is null and not {resting})")
                .replace("{resting}", "(greatest(s.not_before, l.rest) > n.now) is true")
                .replace("{next}", HELD_BACK)
                .replace("{own run}", OWN_RUN)
                .replace("{called}", "(" + OWN_RUN + " and l.result <> " + Finish.Result.NOT_CALLED.ordinal() + ")")
                .replace(
                        "{failed}",
                        "(" + OWN_RUN + " and s.live and l.result = " + Finish.Result.FAILED.ordinal() + ")");
    }

    private static final String NOT_ENDED = """
            select s.run_token
            from unnest(?, ?, ?) as a (map, key, token)
            cross join lateral (
                select s.run_token from asyncslot_slot s
                where s.ns = ? and s.map = a.map and s.key = a.key and s.run_token = a.token
                  and (s.owner = ?) is true and s.run_began is not null offset 0) s""";

    private static final String RUNNING = """
            select s.map, s.key, s.run_token, s.run_began, not s.live or s.run_incarnation <> s.incarnation
            from asyncslot_slot s
            where s.owner = ? and s.run_began is not null
            order by s.run_began limit ?""";

    private static final String FORMER_RUN = ", s.run_incarnation as former, s.run_upto as former_upto";
    private static final String BEGIN_PLAIN = begin("", "", "", FOREIGN);
    private static final String BEGIN_WITH_VALUES =
            asPart(CLEANED, begin(", s.former, s.former_upto", FORMER_RUN, withValues(TO_THE_RUN), HANDED));
    private static final String END_PLAIN = end("", "", "", "");
    private static final String END_WITH_VALUES = asPart(
            REMOVED,
            end(
                    ", s.former, s.former_upto",
                    FORMER_RUN,
                    VALUES_ENDED,
                    ", l.former, l.former_upto, s.failed_at is not distinct from n.now as failed"));

    PostgresFirings(Connection connection, Tables tables, String namespace, JdbcStore.Use release) {
        super(connection, tables, namespace, release);
    }

    private static String begin(String seen, String former, String values, String handed) {
        return BEGIN.replace("{seen}", seen)
                .replace("{former}", former)
                .replace("{values}", values)
                .replace("{handed}", handed);
    }

    /** Makes the update at the end of a statement a part of it, named {@code u}, of whose answer more is made. */
    private static String asPart(String whole, String statement) {
        String parts = statement.substring(statement.indexOf("with ") + "with ".length());
        return whole.replace(
                "{statement}",
                parts.replaceFirst("\\)\\s+update asyncslot_slot", "),\nu as (update asyncslot_slot") + ")");
    }

    @Override
    public StoreSession.Swept sweep(Claim claim, List<String> maps, Collection<String> freeing, int limit) {
        List<Due> claimed = new ArrayList<>();
        List<Due> freed = new ArrayList<>();
        int looked = queryPlannedAnew(
                        "sweep",
                        SWEEP,
                        row -> row.getBoolean("claimed")
                                ? claimed.add(due(row))
                                : row.getBoolean("gone") && freed.add(due(row)),
                        claim.node(),
                        claim.horizon(),
                        freeing.toArray(String[]::new),
                        maps.toArray(String[]::new),
                        namespace,
                        limit,
                        namespace,
                        limit)
                .size();
        return new StoreSession.Swept(claimed, freed, looked);
    }

    @Override
    public List<Due> overlooked(long node, long overdue, int limit) {
        return queryPlannedAnew(
                "look for overlooked slots", OVERLOOKED, PostgresFirings::due, node, overdue, namespace, limit);
    }

    @Override
    public <T> Optional<T> inTurn(SlotId id, Duration limit, Supplier<T> work) {
        try {
            return inTransaction("wait for a slot", () -> {
                update("prepare a wait", SEES_WHAT_IS_COMMITTED);
                query("limit a wait", LIMIT_OF_WAITS, row -> true, limit.toMillis() + "ms");
                query("wait for a slot", WAIT_FOR, row -> true, namespace, id.map(), id.key());
                return Optional.of(work.get());
            });
        } catch (StoreException e) {
            if (e.trouble() == Trouble.TIMEOUT) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public StoreSession.BeginResult begin(long node, List<Begin> begins) {
        List<StartedRun> begun =
                inParts(begins, Begin::carries, part -> begin(node, part, false), part -> beginWithValues(node, part));
        return new StoreSession.BeginResult(
                begun, begun.size() == begins.size() ? List.of() : notBegun(node, begins, begun));
    }

    private List<StartedRun> begin(long node, List<Begin> begins, boolean withValues) {
        Batch batch = new Batch(begins.size());
        Long[] next = new Long[begins.size()];
        Long[] rest = new Long[begins.size()];
        Long[] due = new Long[begins.size()];
        for (int i = 0; i < next.length; i++) {
            Begin one = begins.get(i);
            batch.set(i, one.id(), one.generation());
            next[i] = one.nextDue();
            rest[i] = one.interval();
            due[i] = one.due();
        }
        return query(
                "begin runs",
                withValues ? BEGIN_WITH_VALUES : BEGIN_PLAIN,
                row -> begun(row, withValues),
                node,
                batch.maps,
                batch.keys,
                batch.numbers,
                next,
                rest,
                due,
                namespace,
                node,
                namespace);
    }

    /** Not all at once where slots have any number of values: the answer of the database is one piece of memory. */
    private List<StartedRun> beginWithValues(long node, List<Begin> begins) {
        int most = begins.stream().anyMatch(Begin::collects) ? MOST_COLLECTING : begins.size();
        if (begins.size() <= most) {
            return begin(node, begins, true);
        }
        return inTransaction("begin runs", () -> {
            List<StartedRun> begun = new ArrayList<>(begins.size());
            for (int i = 0; i < begins.size(); i += most) {
                begun.addAll(begin(node, begins.subList(i, Math.min(begins.size(), i + most)), true));
            }
            return begun;
        });
    }

    /** Does what is to be done to slots without and with values: together, where there are both. */
    private <T, R> List<R> inParts(
            List<T> all,
            Predicate<T> carries,
            Function<List<T>, List<R>> plain,
            Function<List<T>, List<R>> withValues) {
        List<T> carriers = all.stream().filter(carries).toList();
        if (carriers.isEmpty()) {
            return plain.apply(all);
        }
        if (carriers.size() == all.size()) {
            return withValues.apply(all);
        }
        return inTransaction("begin or end runs", () -> {
            List<R> results = new ArrayList<>(
                    plain.apply(all.stream().filter(carries.negate()).toList()));
            results.addAll(withValues.apply(carriers));
            return results;
        });
    }

    private List<NotBegun> notBegun(long node, List<Begin> begins, List<StartedRun> begun) {
        Set<SlotId> done = new HashSet<>();
        begun.forEach(one -> done.add(one.id()));
        List<Begin> left =
                begins.stream().filter(one -> !done.contains(one.id())).toList();
        Batch batch = new Batch(left.size());
        Long[] due = new Long[left.size()];
        for (int i = 0; i < left.size(); i++) {
            batch.set(i, left.get(i).id(), left.get(i).generation());
            due[i] = left.get(i).due();
        }
        return query(
                "look why runs did not begin",
                NOT_BEGUN,
                PostgresFirings::notBegun,
                batch.maps,
                batch.keys,
                batch.numbers,
                due,
                namespace,
                node,
                namespace);
    }

    @Override
    public List<Ended> end(
            Claim claim, List<Finish> finishes, Set<String> freeing, Set<String> leaving, long retention) {
        Map<SlotId, Ended> ended = new HashMap<>(finishes.size() * 2);
        inParts(
                        finishes,
                        finish -> finish.begun().values() != null,
                        part -> end(claim, part, freeing, leaving, retention, false),
                        part -> end(claim, part, freeing, leaving, retention, true))
                .forEach(one -> ended.put(one.id(), one));
        List<StartedRun> runs = finishes.stream().map(Finish::begun).toList();
        Batch batch = new Batch(runs.size());
        for (int i = 0; i < runs.size(); i++) {
            batch.set(i, runs.get(i).id(), runs.get(i).token());
        }
        Set<Long> locked = ended.size() == runs.size() ? Set.of() : locked(claim.node(), batch);
        return runs.stream()
                .map(run -> {
                    Ended one = ended.get(run.id());
                    if (one != null) {
                        return one;
                    }
                    boolean again = locked.contains(run.token());
                    return Ended.not(run.id(), run.token(), again ? Ended.Result.LOCKED : Ended.Result.FENCED);
                })
                .toList();
    }

    private List<Ended> end(
            Claim claim,
            List<Finish> finishes,
            Set<String> freeing,
            Set<String> leaving,
            long retention,
            boolean withValues) {
        int size = finishes.size();
        Batch batch = new Batch(size);
        Integer[] results = new Integer[size];
        Long[] took = new Long[size];
        @Nullable String[] errors = new String[size];
        Long[] rest = new Long[size];
        for (int i = 0; i < size; i++) {
            Finish finish = finishes.get(i);
            batch.set(i, finish.begun().id(), finish.begun().token());
            results[i] = finish.result().ordinal();
            took[i] = finish.took();
            errors[i] = finish.error();
            rest[i] = finish.notBefore();
        }
        return query(
                "end runs",
                withValues ? END_WITH_VALUES : END_PLAIN,
                PostgresFirings::ended,
                claim.horizon(),
                freeing.toArray(String[]::new),
                leaving.toArray(String[]::new),
                batch.maps,
                batch.keys,
                batch.numbers,
                results,
                took,
                errors,
                rest,
                namespace,
                claim.node(),
                retention);
    }

    /** The runs that are still this node's. */
    private Set<Long> locked(long node, Batch batch) {
        return new HashSet<>(query(
                "look why runs did not end",
                NOT_ENDED,
                row -> row.getLong(1),
                batch.maps,
                batch.keys,
                batch.numbers,
                namespace,
                node));
    }

    @Override
    public List<Running> running(long node, int limit) {
        return queryPlannedAnew(
                "list runs",
                RUNNING,
                row -> new Running(
                        new SlotId(row.getString(1), row.getString(2)),
                        row.getLong(3),
                        row.getLong(4),
                        row.getBoolean(5)),
                node,
                limit);
    }

    static Due due(ResultSet row) throws SQLException {
        return new Due(
                id(row),
                row.getLong("incarnation"),
                row.getLong("generation"),
                row.getLong("due"),
                row.getLong("point"),
                row.getBoolean("period"),
                row.getInt("attempt"),
                row.getBoolean("cut_off"),
                row.getString("schedule"));
    }

    private static StartedRun begun(ResultSet row, boolean withValues) throws SQLException {
        return new StartedRun(
                id(row),
                row.getLong(3),
                row.getLong(4),
                row.getLong(5),
                row.getLong(6),
                row.getLong(7),
                row.getInt(8),
                withValues ? values(row, 10, 11) : null,
                state(row, withValues));
    }

    private static StartedRun.State state(ResultSet row, boolean withValues) throws SQLException {
        if (row.getBoolean(9)) {
            return StartedRun.State.OVER;
        }
        return !withValues && row.getBoolean(10) ? StartedRun.State.FOREIGN : StartedRun.State.RUNS;
    }

    private static Ended ended(ResultSet row) throws SQLException {
        return new Ended(
                id(row),
                row.getLong("token"),
                Ended.Result.ENDED,
                row.getBoolean("claimed") ? due(row) : null,
                row.getBoolean("left_over"),
                row.getBoolean("gone"));
    }

    private static NotBegun notBegun(ResultSet row) throws SQLException {
        boolean mine = row.getBoolean("mine");
        boolean early = row.getBoolean("early");
        NotBegun.Reason reason = NotBegun.Reason.GONE;
        if (mine) {
            reason = early ? NotBegun.Reason.EARLY : NotBegun.Reason.LOCKED;
        }
        return new NotBegun(id(row), row.getLong("generation"), reason, mine && early ? row.getLong("due") : 0);
    }

    private static SlotId id(ResultSet row) throws SQLException {
        return new SlotId(row.getString(1), row.getString(2));
    }

    /** The arrays of a statement's parameters. */
    private static final class Batch {
        final String[] maps;
        final String[] keys;
        final Long[] numbers;

        Batch(int size) {
            this.maps = new String[size];
            this.keys = new String[size];
            this.numbers = new Long[size];
        }

        void set(int index, SlotId id, long number) {
            maps[index] = id.map();
            keys[index] = id.key();
            numbers[index] = number;
        }
    }
}
