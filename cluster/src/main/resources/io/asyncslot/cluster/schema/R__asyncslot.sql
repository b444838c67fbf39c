--liquibase formatted sql
--changeset asyncslot:asyncslot-cluster runOnChange:true splitStatements:false
-- AsyncSlot's cluster backend: PostgreSQL 13 and later. What there is to be; creates what is not there, and may be run again.
-- A repeatable migration of Flyway, a changelog of Liquibase, and a plain script. Without a version, so that it never is one
-- of the application's. Another prefix than asyncslot_ is set by property; replace it here too then.

-- Generations, incarnations, run tokens and node ids: strictly rising, whichever node asks.
create sequence if not exists asyncslot_sequence;

-- The nodes that may claim slots and run callbacks. A node that is dead is deleted here first.
create table if not exists asyncslot_node (
    id     bigint not null primary key,
    ns     text collate "C" not null,
    name   text not null,
    joined bigint not null,
    -- Changed by the node as long as it lives; the others look whether it changes.
    beat   bigint not null default 0,
    -- The maps whose slots it runs.
    maps   text[] not null default '{}'
);

-- Maps that are paused as a whole.
create table if not exists asyncslot_paused (
    ns    text collate "C" not null,
    map   text collate "C" not null,
    since bigint not null,
    primary key (ns, map)
);

-- How many slots of a map with maxEntries there are at most: starts count up, and whoever finds no room counts anew.
create table if not exists asyncslot_room (
    ns    text collate "C" not null,
    map   text collate "C" not null,
    slots bigint not null,
    primary key (ns, map)
);

-- One row per key. Points in time are microseconds since 1970 by this database's clock.
create table if not exists asyncslot_slot (
    ns              text collate "C" not null,
    map             text collate "C" not null,
    key             text collate "C" not null,
    -- The slot: its incarnation, and what is pending. A deleted slot stays for a minute (dead_at), so that its next
    -- incarnation takes up a higher generation.
    live            boolean  not null,
    paused          boolean  not null default false,
    paused_at       bigint,
    was             smallint not null default 0,
    due_attempt     integer  not null default 1,
    incarnation     bigint   not null,
    generation      bigint   not null,
    due             bigint,
    owner           bigint,
    -- The run: it goes on while run_began is set, and was cut off when only run_token is.
    run_token       bigint,
    run_incarnation bigint,
    run_generation  bigint,
    run_due         bigint,
    run_began       bigint,
    run_attempt     integer,
    -- Whether the run is not to be delivered again, because a cancel came meanwhile.
    withdrawn       boolean  not null default false,
    -- Of a periodic map: whether what is pending is the map's own period; and the point of its grid that a firing belongs
    -- to which is delivered again, pending and running.
    period          boolean  not null default false,
    point           bigint,
    run_point       bigint,
    dead_at         bigint,
    -- The last firing whose callback was called, and how often callbacks of this slot have failed. A firing that failed for good
    -- keeps its row for a while, so that somebody can look at it and have it delivered again.
    last_fired      bigint,
    last_generation bigint,
    last_attempt    integer,
    last_lateness   bigint,
    last_took       bigint,
    last_error      text,
    failures        bigint   not null default 0,
    failed_at       bigint,
    -- When a sweep has to look at the row: not later than it has to be claimed, but maybe earlier. So a start, touch or cancel
    -- that moves the deadline to later, or away, changes nothing that an index has; the sweep finds out.
    look            bigint,
    -- The same where a sweep has to look at all: nobody has to while the slot is paused, or a node sees to it already.
    wake            bigint generated always as (case when owner is null and not paused then look end) stored,
    awaits_map      text collate "C",
    awaits_key      text collate "C",
    payload         bytea,
    run_payload     bytea,
    primary key (ns, map, key)
)
-- Updates find room on the row's own page; and a table that is small now is not taken to stay small.
with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000,
      autovacuum_analyze_threshold = 1000);

-- Of maps with values and shapes; null in all others. A single value is pending (payload) or its run's (run_payload).
-- How many collected values are pending, and how many of these a failed run has passed on; how many a run was handed, which
-- numbers they are below, and whether it has passed them on. The latest point that starts and touches can move what is
-- pending to.
alter table asyncslot_slot add column if not exists collected     integer;
alter table asyncslot_slot add column if not exists passed_on     integer;
alter table asyncslot_slot add column if not exists run_collected integer;
alter table asyncslot_slot add column if not exists run_upto      bigint;
alter table asyncslot_slot add column if not exists run_passed    boolean;
alter table asyncslot_slot add column if not exists latest        bigint;

-- Of work maps with a least interval between runs: before when no further run may begin.
alter table asyncslot_slot add column if not exists not_before    bigint;
-- The schedule of a key, as text; and the generation that it was started or went on with: a start without a schedule takes
-- another one, and leaves the text behind.
alter table asyncslot_slot add column if not exists schedule      text;
alter table asyncslot_slot add column if not exists scheduled     bigint;
-- Whether a node goes on with schedules of keys: one of a former version of the library does not.
alter table asyncslot_node add column if not exists schedules     boolean not null default false;

-- On whose account a slot, or a map as a whole, is paused: the kind of cause, and its name. Null for a plain call.
alter table asyncslot_slot add column if not exists paused_by     text;
-- The pause that this is of, by its paused_at: a node of a former version pauses anew, and leaves the text of an earlier pause behind.
alter table asyncslot_slot add column if not exists paused_by_at  bigint;
alter table asyncslot_paused add column if not exists paused_by   text;

-- A node of a former version would take a slot with a schedule for one that fires once. It is kept from holding any: what it
-- claims is nobody's again, to be looked at in a few seconds: meanwhile a node that knows schedules may come to it. Other slots cost a
-- comparison.
create or replace function asyncslot_keep_schedule() returns trigger language plpgsql as $$
begin
    if not exists (select 1 from asyncslot_node n where n.id = new.owner and n.schedules) then
        new.owner := null;
        new.look := greatest(new.look, (extract(epoch from clock_timestamp()) * 1000000)::bigint + 5000000);
    end if;
    return new;
end
$$;
drop trigger if exists asyncslot_keep_schedule on asyncslot_slot;
create trigger asyncslot_keep_schedule before update on asyncslot_slot for each row
    when (new.scheduled = new.generation and new.due is not null and new.owner is not null and new.run_began is null)
    execute function asyncslot_keep_schedule();

-- Collected values, by the incarnation of their slot, in the order in which they were accepted.
create table if not exists asyncslot_value (
    slot   bigint not null,
    number bigint not null,
    value  bytea  not null,
    primary key (slot, number)
)
with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000, autovacuum_analyze_threshold = 1000);

create index if not exists asyncslot_slot_wake on asyncslot_slot (ns, map, wake) where wake is not null;
create index if not exists asyncslot_slot_owner on asyncslot_slot (owner) where owner is not null;
create index if not exists asyncslot_slot_failed on asyncslot_slot (ns, map, failed_at) where failed_at is not null;
create index if not exists asyncslot_slot_dead on asyncslot_slot (dead_at) where dead_at is not null;
