-- From version 1 to 2: never changed again. schema.sql says how things are now.

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
