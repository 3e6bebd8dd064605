-- What is written into the CRM about rewards, where a connection asks for it.

-- as accolade.yaml sets them at the start of a server
create table write_back_connections (
  connection text primary key,
  note boolean not null,
  fields boolean not null,
  in_force boolean not null
);

-- write back: one note, or the fields as they are then, on one record, because of one move of a grant
create table write_backs (
  id bigint generated always as identity primary key,
  marker uuid not null unique default gen_random_uuid(), -- stands in the note: by it a note is found again
  connection text not null references write_back_connections,
  subject_kind text not null,
  subject_id text not null,
  grant_id uuid not null references grants,
  what text not null check (what in ('note', 'fields')),
  happened text not null check (happened in ('issued', 'reversed', 'restored')),
  happened_at timestamptz not null,
  state text not null default 'waiting' check (state in ('waiting', 'sending', 'unknown', 'written', 'failed', 'skipped')),
  request jsonb,                            -- of a note, frozen before the first attempt
  reference text,                           -- the CRM's id of the note
  tries int not null default 0,
  not_before timestamptz not null default '-infinity',
  rung_at timestamptz,
  settled_at timestamptz,
  reason text                               -- why it waits, failed or was left out, for a person
);
create index write_backs_due on write_backs (not_before, id) where state in ('waiting', 'sending', 'unknown');
create index write_backs_record on write_backs (connection, subject_kind, subject_id, id) where state in ('waiting', 'sending', 'unknown');
create index write_backs_grant on write_backs (grant_id);

create function write_back_moves() returns trigger language plpgsql as $$
begin
  if not exists (select from write_back_connections where in_force) then return null; end if;
  insert into write_backs (connection, subject_kind, subject_id, grant_id, what, happened, happened_at)
  select m.connection, m.subject_kind, m.subject_id, g.id, w.what, v.happened, v.at
  from (
    select id, grant_id, at, case
      when from_state in ('approved', 'ordering', 'unknown') and to_state = 'issued' then 'issued'
      when from_state in ('issued', 'redeemed') and to_state in ('cancelled', 'clawed_back') then 'reversed'
      when from_state = 'clawed_back' and to_state in ('issued', 'redeemed') then 'restored' end as happened
    from moved
  ) v
  join grants g on g.id = v.grant_id
  join milestones m on m.id = g.milestone_id and m.subject_kind in ('deal', 'contact')
  join write_back_connections c on c.connection = m.connection and c.in_force
  cross join lateral (select 'note' as what where c.note union all select 'fields' where c.fields) w
  where v.happened is not null
  order by v.id, w.what desc;
  return null;
end $$;
create trigger grant_moves_written_back after insert on grant_moves
  referencing new table as moved for each statement execute function write_back_moves();

-- who is forgotten is forgotten in the words that were written, too
create function forget_written() returns trigger language plpgsql as $$
begin
  update write_backs w set request = null from grants g
    where g.id = w.grant_id and g.recipient_id = new.id and w.request is not null;
  return null;
end $$;
create trigger recipients_forgotten_in_notes after update on recipients for each row
  when (old.erased_at is null and new.erased_at is not null) execute function forget_written();
