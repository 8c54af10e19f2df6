-- From version 3 to 4: never changed again. schema.sql says how things are now.
--
-- The outbox knows what each row is worth and how large it is, so that it can be bounded in bytes, and what was given up
-- is kept until somebody has been told.

insert into meta (name, value) values ('outbox_bytes', 0);

create temp table waited as select seq from outbox;
drop table outbox;

create table outbox (
    seq integer primary key references event (seq),

    -- What it is worth: 0 info, 1 notice, 2 warning, 3 alarm.
    rank integer not null check (rank between 0 and 3),

    -- Of the event's json, in UTF-8.
    size_bytes integer not null check (size_bytes > 0)
) strict;

create index outbox_by_worth on outbox (rank, seq);

create trigger outbox_grows after insert on outbox begin
    update meta set value = value + new.size_bytes where name = 'outbox_bytes';
end;
create trigger outbox_shrinks after delete on outbox begin
    update meta set value = value - old.size_bytes where name = 'outbox_bytes';
end;

insert into outbox (seq, rank, size_bytes)
select seq, case priority when 'info' then 0 when 'notice' then 1 when 'warning' then 2 else 3 end,
    length(cast(json as blob))
from waited join event using (seq);
drop table waited;

create table dropped (
    first_seq integer primary key check (first_seq >= 1),
    last_seq integer not null check (last_seq >= first_seq)
) strict;
