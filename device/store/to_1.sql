-- Version 1, as it was: never changed again. schema.sql says how things are now.
--
-- The store of one device: what happened, and what the broker has not yet acknowledged.
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

-- Messages that the broker has not acknowledged. A row is made in the transaction that makes its event, and goes when
-- the broker says that it has the message. An event cannot be deleted while it waits here.
create table outbox (
    seq integer primary key references event (seq)
) strict;

-- Facts about this store itself, one a row:
--   sent_seq       highest seq that a broker ever acknowledged
--   dropped_count  messages that were given up before a broker had them
create table meta (
    name text primary key check (name <> ''),
    value integer not null check (value >= 0)
) strict, without rowid;

insert into meta (name, value) values ('sent_seq', 0), ('dropped_count', 0);
