-- From version 4 to 5: never changed again. schema.sql says how things are now.

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

create index audit_by_time on audit (at_s);
