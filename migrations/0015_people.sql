-- Recipients: who says what of a person, what they want for themselves, and what they agreed to.

alter table recipients
  add column preferred_channel text,           -- their own word: this one first, where a rule names it
  add column quiet_hours text check (quiet_hours = 'off' or quiet_hours ~ '^\d\d:\d\d-\d\d:\d\d$'), -- their own; null: the workspace's
  add column private boolean not null default false, -- not shown to colleagues: no wall, no ranking
  add column link_version int not null default 1;    -- raised to revoke every link to their own page
create index recipients_erased on recipients (id) where erased_at is not null;

-- who says what of somebody. The columns of `recipients` are what comes out of it: see src/people/person-words.ts
create table person_words (
  recipient_id uuid not null references recipients,
  source text not null,                        -- 'own', 'people.yaml', 'import', or connection/kind/crm id
  field text not null check (field in ('name', 'first_name', 'email', 'phone', 'language', 'time_zone', 'team')),
  value text not null,
  turn bigint not null default 0,              -- of the same rank, the one that was told last
  primary key (recipient_id, source, field)
);
insert into person_words (recipient_id, source, field, value)
  select r.id, r.source, f.field, f.value from recipients r
  cross join lateral (values ('name', r.name), ('first_name', r.first_name), ('email', r.email), ('phone', r.phone),
    ('language', r.language), ('time_zone', r.time_zone), ('team', r.team)) as f (field, value)
  where f.value is not null and r.erased_at is null and r.source <> 'joined';

-- who agreed to what, or refused it, and how that is known. By person, or by address as a keyed hash: an erased person stays
-- unwritten to, and nobody can be found by the row. The newest that covers a message counts: see src/people/consent.ts
create table consents (
  id bigint generated always as identity primary key,
  recipient_id uuid references recipients,
  address_digest text,
  channel text not null,                       -- or 'all'
  category text not null,                      -- kind of message, or 'all'
  status text not null check (status in ('in', 'out')),
  source text not null check (source in ('one-click', 'STOP', 'START', 'page', 'crm', 'admin', 'bounce', 'complaint', 'erased')),
  evidence text,                               -- a vendor's code, the words that were said, the version of the text that was agreed to; no address
  at timestamptz not null,
  until timestamptz,                           -- no longer counts from then on; null: without end
  check ((recipient_id is null) <> (address_digest is null))
);
create index consents_recipient on consents (recipient_id) where recipient_id is not null;
create index consents_address on consents (address_digest) where address_digest is not null;

-- devices on which a recipient wants notifications: what their browser gave us
create table push_subscriptions (
  recipient_id uuid not null references recipients,
  endpoint text not null unique,
  p256dh text not null,
  auth text not null,
  created_at timestamptz not null
);
create index push_subscriptions_recipient on push_subscriptions (recipient_id);

-- notify: it waits for the end of the recipient's quiet hours
alter table messages
  add column unwanted boolean not null default false, -- skipped because its recipient does not want it: should they take that back, it goes out
  add column quiet_until timestamptz,
  add column quiet_basis text;                 -- time zone and quiet hours that it was worked out by: others mean another time
create index messages_quiet on messages (grant_id) where state = 'queued' and quiet_until is not null;

-- why a grant moved is history; only somebody who asked to be forgotten is struck out of it
create function grant_moves_only_forget() returns trigger language plpgsql as $$
begin
  if to_jsonb(new) - array['why', 'why_values'] is distinct from to_jsonb(old) - array['why', 'why_values']
    or not exists (select from unnest(array[to_jsonb(new) ->> 'why', to_jsonb(new) ->> 'why_values']) as words where words like '%…%')
  then
    raise exception 'grant_moves is append only' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
drop trigger grant_moves_append_only on grant_moves;
create trigger grant_moves_only_forget before update on grant_moves for each row execute function grant_moves_only_forget();
create trigger grant_moves_append_only before delete on grant_moves for each row execute function append_only();
