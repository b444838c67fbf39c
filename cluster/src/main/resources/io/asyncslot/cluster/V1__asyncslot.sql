-- AsyncSlot's cluster backend: PostgreSQL 13 and later. Runs once, as a Flyway migration or by itself.
-- Another prefix than asyncslot_ is set by property; replace it here too then.

-- Generations, incarnations, run tokens and node ids: strictly rising, whichever node asks.
create sequence asyncslot_sequence;

-- The nodes that may claim slots and run callbacks. A node that is dead is deleted here first.
create table asyncslot_node (
    id     bigint not null primary key,
    ns     text collate "C" not null,
    name   text not null,
    joined bigint not null
);

-- Maps that are paused as a whole.
create table asyncslot_paused (
    ns    text collate "C" not null,
    map   text collate "C" not null,
    since bigint not null,
    primary key (ns, map)
);

-- One row per key. Points in time are microseconds since 1970 by this database's clock.
create table asyncslot_slot (
    ns              text collate "C" not null,
    map             text collate "C" not null,
    key             text collate "C" not null,
    shard           smallint not null,
    -- The slot: its incarnation, and what is pending. A deleted slot stays for a minute (dead_at), so that its next
    -- incarnation takes up a higher generation.
    live            boolean  not null,
    paused          boolean  not null default false,
    paused_at       bigint,
    was             smallint not null default 0,
    due_attempt     smallint not null default 1,
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
    -- When a sweep has to see to the row; null when nobody has to, or a node does already.
    wake            bigint generated always as
                    (case when owner is null and not paused then coalesce(run_due, due) end) stored,
    awaits_map      text collate "C",
    awaits_key      text collate "C",
    payload         bytea,
    run_payload     bytea,
    primary key (ns, map, key)
)
-- Updates find room on the row's own page; and a table that is small now is not taken to stay small.
with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000,
      autovacuum_analyze_threshold = 1000);

create index asyncslot_slot_wake on asyncslot_slot (ns, shard, wake) where wake is not null;
create index asyncslot_slot_owner on asyncslot_slot (owner) where owner is not null;
create index asyncslot_slot_dead on asyncslot_slot (dead_at) where dead_at is not null;

-- What db-scheduler keeps: the sweeps and the watch over the nodes, a few rows.
create table asyncslot_scheduled_tasks (
    task_name            text not null,
    task_instance        text not null,
    task_data            bytea,
    execution_time       timestamp with time zone not null,
    picked               boolean not null,
    picked_by            text,
    last_success         timestamp with time zone,
    last_failure         timestamp with time zone,
    consecutive_failures integer,
    last_heartbeat       timestamp with time zone,
    version              bigint not null,
    priority             smallint,
    state                text,
    primary key (task_name, task_instance)
);

create index asyncslot_scheduled_tasks_time on asyncslot_scheduled_tasks (execution_time);
create index asyncslot_scheduled_tasks_heartbeat on asyncslot_scheduled_tasks (last_heartbeat);
