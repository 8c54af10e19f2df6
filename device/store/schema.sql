-- The store of one device: what happened, what the broker has not yet acknowledged, and how the guard stands.
--
-- Held in STATE_DIR/shopwarden.db with journal_mode=WAL and synchronous=FULL: once a commit has returned, a power cut
-- does not take the row back. One connection writes. Every change to this page is a numbered upgrade in upgrade.py.
--
-- Suffixes carry units: _s are seconds.

-- "SHPW": tells this file from any other SQLite database.
pragma application_id = 0x53485057;

-- One row a message (contract: docs/reference/event.schema.json). The columns repeat what readers search by; json is
-- what they get.
create table event (
    -- Number on the wire: per device, from 1, rising. autoincrement, so that a deleted number never comes back.
    seq integer primary key autoincrement check (seq >= 1),

    -- UUIDv7 of this message. Unique, so that committing one twice (after an error that came too late) is seen.
    id text not null unique check (length(id) = 36),

    -- UUIDv7 that the start, updates and end of one happening share.
    event_id text not null check (length(event_id) = 36),

    -- Kinds may join in later versions of the program; the codec knows them, the table does not.
    kind text not null check (kind <> ''),

    priority text not null check (priority in ('info', 'notice', 'warning', 'alarm')),
    state text not null check (state in ('start', 'update', 'end')),

    -- Null where no camera was involved.
    camera text check (camera <> ''),

    -- When it was decided, on the monotonic clock of the run that boot_id (in json) names: never compare across runs.
    t_emitted_s real not null check (t_emitted_s >= 0),

    -- The same moment as a label for people: RFC 3339 with offset.
    time text not null check (length(time) >= 20),

    -- The whole message as it goes out, but for `late`.
    json text not null check (
        -- "is", as a check that comes out null passes.
        json_valid(json) and json_extract(json, '$.seq') is seq and json_extract(json, '$.id') is id
    )
) strict;

create index event_by_happening on event (event_id, seq);

-- The few events that matter are found among a million others at once, the newest or those of a day: an id begins with
-- its moment. Partial, as most events are none of these and cost no write here.
create index event_notable on event (priority, seq) where priority in ('warning', 'alarm');
create index event_notable_by_time on event (priority, id) where priority in ('warning', 'alarm');

-- Messages that the broker has not acknowledged. A row is made in the transaction that makes its event, and goes when
-- the broker says that it has the message, or when all of them are more than `mqtt.outbox_max_mib`: then the least
-- important go first, and of those the oldest. An event cannot be deleted while it waits here.
create table outbox (
    seq integer primary key references event (seq),

    -- What it is worth: 0 info, 1 notice, 2 warning, 3 alarm.
    rank integer not null check (rank between 0 and 3),

    -- Of the event's json, in UTF-8.
    size_bytes integer not null check (size_bytes > 0)
) strict;

-- In which order they are given up.
create index outbox_by_worth on outbox (rank, seq);

-- Whoever adds or takes away a row, the sum in meta is right: nobody counts a hundred thousand rows at every commit.
create trigger outbox_grows after insert on outbox begin
    update meta set value = value + new.size_bytes where name = 'outbox_bytes';
end;
create trigger outbox_shrinks after delete on outbox begin
    update meta set value = value - old.size_bytes where name = 'outbox_bytes';
end;

-- Numbers that were given up before a broker had them and of which no health event has told yet, as stretches without
-- gaps that do not touch. The transaction that commits such an event takes away what it lists.
create table dropped (
    first_seq integer primary key check (first_seq >= 1),
    last_seq integer not null check (last_seq >= first_seq)
) strict;

-- What somebody said of a happening afterwards: the last word counts. It outlives the event's rows, as it is what rules
-- are measured by.
create table verdict (
    event_id text primary key check (length(event_id) = 36),

    -- Whether it was what its kind says.
    verdict text not null check (verdict in ('true', 'false')),

    -- Who, and from where.
    said_by text not null check (said_by <> ''),

    -- When, Unix time as this device had it.
    said_at_s real not null
) strict, without rowid;

-- How the guard stood when it last changed: one row, written before whoever asked is answered.
create table panel (
    -- There is one panel.
    one integer primary key check (one = 1),

    -- Number of the change, rising: an older one never overwrites a newer.
    change_number integer not null check (change_number >= 1),

    -- What was asked for.
    armed text not null check (armed in ('disarmed', 'home', 'away', 'night')),

    -- Where the panel was in that: leaving, waiting for somebody to disarm, or sounding.
    phase text not null check (phase in ('ready', 'arming', 'pending', 'triggered')),

    -- Zones, lines, shelves and inputs that are bypassed, as a JSON list of their names.
    bypassed text not null check (json_valid(bypassed) and json_type(bypassed) = 'array'),

    -- Who may not try another PIN for now, as a JSON list of [source, wrong PINs in a row, seconds left].
    locks text not null check (json_valid(locks) and json_type(locks) = 'array'),

    -- Up to which moment the schedule has been followed, Unix time; null where it never was.
    schedule_to_s real
) strict;

-- Who did what, when and by which way: looking at evidence and exporting it, locks, logins and those refused, commands,
-- changes of the panel, deletions. At most 100,000 rows, and none older than `retention.audit_max_days`.
create table audit (
    n integer primary key autoincrement check (n >= 1),

    -- When, Unix time as this device had it.
    at_s real not null check (at_s >= 0),

    -- Whether that time could be believed.
    clock_synced integer not null check (clock_synced in (0, 1)),

    -- The user, or whose PIN it was; null where nobody can tell.
    who text check (who <> ''),

    -- A word of core/audit.py; the codec knows them, the table does not.
    what text not null check (what <> ''),

    -- Event, file, place, state or account that it was done to.
    about text check (about <> ''),

    -- mqtt, page and an address, command line, schedule, retention, or a key's id.
    way text not null check (way <> ''),

    -- 0 where it was refused.
    done integer not null check (done in (0, 1))
) strict;

-- For what is too old.
create index audit_by_time on audit (at_s);

-- Facts about this store itself, one a row:
--   sent_seq       highest seq that a broker ever acknowledged
--   dropped_count  messages that were given up before a broker had them
--   outbox_bytes   sum of size_bytes over the outbox; kept by its triggers
create table meta (
    name text primary key check (name <> ''),
    value integer not null check (value >= 0)
) strict, without rowid;

insert into meta (name, value) values ('sent_seq', 0), ('dropped_count', 0), ('outbox_bytes', 0);
