-- Version 3: what people say of an event afterwards, and a quick way to the few events that matter.

create table verdict (
    event_id text primary key check (length(event_id) = 36),

    -- Whether it was what its kind says.
    verdict text not null check (verdict in ('true', 'false')),

    -- Who, and from where.
    said_by text not null check (said_by <> ''),

    -- When, Unix time as this device had it.
    said_at_s real not null
) strict, without rowid;

create index event_notable on event (priority, seq) where priority in ('warning', 'alarm');
create index event_notable_by_time on event (priority, id) where priority in ('warning', 'alarm');
