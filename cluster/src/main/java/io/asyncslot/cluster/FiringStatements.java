package io.asyncslot.cluster;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a node does, in batches, from the claim of a slot to the end of its run. Thread-safe. */
final class FiringStatements {

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

    /** The columns of a {@link Due}: the run that was cut off, else what is pending. */
    static final String DUE = """
            s.map, s.key, s.incarnation, s.run_token is not null as cut_off,
            case when s.run_token is not null then s.run_generation else s.generation end as generation,
            case when s.run_token is not null then s.run_due else s.due end as due,
            case when s.run_token is not null then coalesce(s.run_point, s.run_due)
                 else coalesce(s.point, s.due) end as point,
            s.period and s.run_token is null as period,
            case when s.run_token is not null then s.run_attempt + 1 else s.due_attempt end as attempt,
            case when s.run_token is not null then nullif(coalesce(s.run_payload, s.payload), '')
                 else nullif(s.payload, '') end as payload""";

    private static final String ME = "me as (select id from asyncslot_node where id = ? for key share)";

    /** Has one parameter, the namespace. */
    private static final String NOT_PAUSED =
            "not s.paused and s.map <> all (array (select p.map from asyncslot_paused p where p.ns = ?))";

    /** What a node holds under a generation. The owner is compared so that no index but the key's is thought of. */
    private static final String HELD = """
            s.ns = ? and s.map = a.map and s.key = a.key and (s.owner = ?) is true and s.run_began is null
            and case when s.run_token is not null then s.run_generation else s.generation end = a.generation
            and {not paused}""".replace("{not paused}", NOT_PAUSED);

    private static final String SWEEP =
            """
            with {me},
            l as (select s.ctid as place
                  from asyncslot_slot s, me
                  where s.ns = ? and s.shard = ? and s.wake <= (select {now}) + ? and s.map = any (?)
                    and {not paused}
                  order by s.wake limit ? for update of s skip locked)
            update asyncslot_slot s set owner = me.id
            from me where s.ctid = any (array (select place from l))
            returning {due}""".replace("{me}", ME).replace("{not paused}", NOT_PAUSED).replace("{due}", DUE);

    private static final String OVERLOOKED =
            """
            select {due} from asyncslot_slot s
            where s.owner = ? and s.run_began is null
              and coalesce(s.run_due, s.due) < (select {now}) - ?
              and {not paused}
            limit ?""".replace("{not paused}", NOT_PAUSED).replace("{due}", DUE);

    private static final String BEGIN = """
            with {me},
            n as (select {now} as now),
            l as (select s.place, s.map, s.key, s.redo, nullif(a.next, -1) as next
                  from unnest(?, ?, ?, ?) as a (map, key, generation, next)
                  cross join lateral (
                      select s.ctid as place, s.map, s.key, s.run_token is not null as redo
                      from asyncslot_slot s, me
                      where {held} and coalesce(s.run_due, s.due) <= (select now from n)
                      for update of s skip locked) s)
            update asyncslot_slot s set
                run_token = nextval('asyncslot_sequence'),
                run_incarnation = s.incarnation,
                run_generation = case when l.redo then s.run_generation else s.generation end,
                run_due = case when l.redo then s.run_due else s.due end,
                run_attempt = case when l.redo then s.run_attempt + 1 else s.due_attempt end,
                run_payload = case when l.redo then s.run_payload end,
                run_point = case when l.redo then s.run_point else s.point end,
                run_began = n.now,
                withdrawn = l.redo and s.withdrawn,
                generation = case when l.redo or l.next is null then s.generation
                                  else nextval('asyncslot_sequence') end,
                due = case when l.redo then s.due else l.next end,
                due_attempt = case when l.redo then s.due_attempt else 1 end,
                point = case when l.redo then s.point end,
                period = case when l.redo then s.period else l.next is not null end
            from l, n where s.ctid = any (array (select place from l)) and s.map = l.map and s.key = l.key
            returning s.map, s.key, s.run_token, s.run_incarnation, s.run_generation, s.run_due, s.run_began,
                      s.run_attempt, nullif(coalesce(s.run_payload, s.payload), '')""".replace("{me}", ME).replace("{held}", HELD);

    /** Why a slot did not begin: it is not this node's any more, or not due yet, or else was locked. */
    private static final String NOT_BEGUN = """
            select a.map, a.key, a.generation, d.due is not null as mine, d.due > d.now as early, d.due
            from unnest(?, ?, ?) as a (map, key, generation)
            left join lateral (
                select coalesce(s.run_due, s.due) as due, c.now
                from asyncslot_slot s, (select {now} as now) c
                where {held} and exists (select 1 from asyncslot_node n where n.id = s.owner) offset 0) d on true""".replace("{held}", HELD);

    private static final String END = """
            with n as (select {now} + ? as horizon),
            l as (select s.place, s.map, s.key, a.token
                  from unnest(?, ?, ?) as a (map, key, token)
                  cross join lateral (
                      select s.ctid as place, s.map, s.key from asyncslot_slot s
                      where s.ns = ? and s.map = a.map and s.key = a.key and s.run_token = a.token
                        and (s.owner = ?) is true
                      for update skip locked) s)
            update asyncslot_slot s set
                run_token = null,
                run_due = null,
                run_began = null,
                run_payload = null,
                run_point = null,
                awaits_map = null,
                awaits_key = null,
                owner = case when not s.paused and s.due <= n.horizon then s.owner end
            from l, n where s.ctid = any (array (select place from l)) and s.map = l.map and s.key = l.key
            returning {due}, s.owner is not null as claimed, l.token""".replace("{due}", DUE);

    private static final String NOT_ENDED = """
            select s.run_token
            from unnest(?, ?, ?) as a (map, key, token)
            cross join lateral (
                select s.run_token from asyncslot_slot s
                where s.ns = ? and s.map = a.map and s.key = a.key and s.run_token = a.token
                  and (s.owner = ?) is true offset 0) s""";

    private static final String RUNNING = """
            select s.map, s.key, s.run_token, s.run_began, not s.live or s.run_incarnation <> s.incarnation
            from asyncslot_slot s
            where s.owner = ? and s.run_began is not null
            order by s.run_began limit ?""";

    private final String namespace;
    private final String sweep;
    private final String overlooked;
    private final String begin;
    private final String notBegun;
    private final String end;
    private final String notEnded;
    private final String running;

    FiringStatements(Tables tables, String namespace) {
        this.namespace = namespace;
        this.sweep = tables.sql(SWEEP);
        this.overlooked = tables.sql(OVERLOOKED);
        this.begin = tables.sql(BEGIN);
        this.notBegun = tables.sql(NOT_BEGUN);
        this.end = tables.sql(END);
        this.notEnded = tables.sql(NOT_ENDED);
        this.running = tables.sql(RUNNING);
    }

    List<Due> sweep(Connection connection, Claim claim, int shard, List<String> maps, int limit) {
        return Jdbc.plannedAnew(
                connection,
                () -> Jdbc.query(
                        connection,
                        "sweep a shard",
                        sweep,
                        FiringStatements::due,
                        claim.node(),
                        namespace,
                        shard,
                        claim.horizon(),
                        maps.toArray(String[]::new),
                        namespace,
                        limit));
    }

    List<Due> overlooked(Connection connection, long node, long overdue, int limit) {
        return Jdbc.plannedAnew(
                connection,
                () -> Jdbc.query(
                        connection,
                        "look for overlooked slots",
                        overlooked,
                        FiringStatements::due,
                        node,
                        overdue,
                        namespace,
                        limit));
    }

    SlotStore.BeginResult begin(Connection connection, long node, List<Begin> begins) {
        Batch batch = new Batch(begins.size());
        Long[] next = new Long[begins.size()];
        for (int i = 0; i < next.length; i++) {
            Begin one = begins.get(i);
            batch.set(i, one.id(), one.generation());
            next[i] = one.nextDue();
        }
        List<Begun> begun = Jdbc.query(
                connection,
                "begin runs",
                begin,
                FiringStatements::begun,
                node,
                batch.maps,
                batch.keys,
                batch.numbers,
                next,
                namespace,
                node,
                namespace);
        return new SlotStore.BeginResult(
                begun, begun.size() == begins.size() ? List.of() : notBegun(connection, node, begins, begun));
    }

    private List<NotBegun> notBegun(Connection connection, long node, List<Begin> begins, List<Begun> begun) {
        Set<SlotId> done = new HashSet<>();
        begun.forEach(one -> done.add(one.id()));
        List<Begin> left =
                begins.stream().filter(one -> !done.contains(one.id())).toList();
        Batch batch = new Batch(left.size());
        for (int i = 0; i < left.size(); i++) {
            batch.set(i, left.get(i).id(), left.get(i).generation());
        }
        return Jdbc.query(
                connection,
                "look why runs did not begin",
                notBegun,
                FiringStatements::notBegun,
                batch.maps,
                batch.keys,
                batch.numbers,
                namespace,
                node,
                namespace);
    }

    List<Ended> end(Connection connection, Claim claim, List<Begun> runs) {
        Batch batch = new Batch(runs.size());
        for (int i = 0; i < runs.size(); i++) {
            batch.set(i, runs.get(i).id(), runs.get(i).token());
        }
        Map<SlotId, Ended> ended = new HashMap<>(runs.size() * 2);
        Jdbc.query(
                connection,
                "end runs",
                end,
                row -> ended.put(id(row), ended(row)),
                claim.horizon(),
                batch.maps,
                batch.keys,
                batch.numbers,
                namespace,
                claim.node());
        Set<Long> locked = ended.size() == runs.size() ? Set.of() : locked(connection, claim.node(), batch);
        return runs.stream()
                .map(run -> {
                    Ended one = ended.get(run.id());
                    if (one != null) {
                        return one;
                    }
                    boolean again = locked.contains(run.token());
                    return new Ended(run.id(), run.token(), again ? Ended.Result.LOCKED : Ended.Result.FENCED, null);
                })
                .toList();
    }

    /** The runs that are still this node's. */
    private Set<Long> locked(Connection connection, long node, Batch batch) {
        return new HashSet<>(Jdbc.query(
                connection,
                "look why runs did not end",
                notEnded,
                row -> row.getLong(1),
                batch.maps,
                batch.keys,
                batch.numbers,
                namespace,
                node));
    }

    List<Running> running(Connection connection, long node, int limit) {
        return Jdbc.plannedAnew(
                connection,
                () -> Jdbc.query(
                        connection,
                        "list runs",
                        running,
                        row -> new Running(
                                new SlotId(row.getString(1), row.getString(2)),
                                row.getLong(3),
                                row.getLong(4),
                                row.getBoolean(5)),
                        node,
                        limit));
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
                row.getBytes("payload"));
    }

    private static Begun begun(ResultSet row) throws SQLException {
        return new Begun(
                id(row),
                row.getLong(3),
                row.getLong(4),
                row.getLong(5),
                row.getLong(6),
                row.getLong(7),
                row.getInt(8),
                row.getBytes(9));
    }

    private static Ended ended(ResultSet row) throws SQLException {
        return new Ended(
                id(row), row.getLong("token"), Ended.Result.ENDED, row.getBoolean("claimed") ? due(row) : null);
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
