-- The corridor's rows, in travel order. Each table is written by the step named beside it.

create table workspace (
  -- one row: tells apart two installations that share a provider account
  single boolean primary key default true check (single),
  id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now()
);
insert into workspace default values;

-- accept: one HTTP request from a CRM, as it arrived
create table inbox (
  id bigint generated always as identity primary key,
  connection text not null,
  format text not null,
  body bytea not null,                      -- the raw bytes, deflated
  received_at timestamptz not null,
  state text not null default 'received' check (state in ('received', 'done', 'parked')),
  reason text
);
create index inbox_waiting on inbox (id) where state = 'received';

-- complete: one event of a delivery. (connection, key) is what makes the same change count once.
create table events (
  id bigint generated always as identity primary key,
  connection text not null,
  key text not null,
  inbox_id bigint not null references inbox,
  type text not null,
  subject_kind text not null,
  subject_id text not null,
  occurred_at timestamptz not null,
  received_at timestamptz not null,
  facts jsonb not null default '[]',        -- what the delivery told and the read of the CRM gave, until decided: then they are rows of facts
  actor text,
  origin text,
  state text not null check (state in ('reading', 'ready', 'decided', 'parked')),
  tries int not null default 0,
  not_before timestamptz not null default '-infinity',
  reason text,                              -- why it waits or is parked, for a person
  unique (connection, key)
);
create index events_reading on events (connection, not_before, id) where state = 'reading';
create index events_ready on events (id) where state = 'ready';
create index events_parked on events (id) where state = 'parked';
create index events_subject on events (connection, subject_kind, subject_id);

-- decide: what was true of a record, from when. Facts commute, so neither order nor repetition of deliveries matters.
create table facts (
  connection text not null,
  kind text not null,
  record_id text not null,
  field text not null,
  at timestamptz not null,
  value jsonb not null,
  digest text not null,                     -- of value: two values at one moment are two rows
  event_id bigint not null references events,
  primary key (connection, kind, record_id, field, at, digest)
);
-- records found from what they point at: merged records, deals of a contact or company
create index facts_links on facts (connection, kind, field, (value #>> '{}'))
  where field in ('merged_into', 'company') or field like 'contact:%';

-- decide: our last known copy of a record, folded from its facts
create table records (
  connection text not null,
  kind text not null,
  id text not null,
  fields jsonb not null,
  updated_at timestamptz not null,
  erased boolean not null default false,
  primary key (connection, kind, id)
);

create table rule_versions (
  id bigint generated always as identity primary key,
  hash text not null unique,
  sources jsonb not null,                   -- [{ file, text }], as loaded
  author text not null,
  loaded_at timestamptz not null default now()
);
-- the one version in force
create table active_rules (
  single boolean primary key default true check (single),
  version bigint not null references rule_versions,
  since timestamptz not null
);
-- a rule starts from when it was first loaded, not for the past
create table rules_seen (
  rule_id text primary key,
  first_active_at timestamptz not null
);

-- decide: an event that a rule can listen to, and the situation in which it was judged
create table milestones (
  id bigint generated always as identity primary key,
  connection text not null,
  subject_kind text not null,
  subject_id text not null,
  type text not null,
  occurred_at timestamptz not null,
  discriminator text not null default '',   -- tells two posted happenings of one type and moment apart
  rule_version bigint not null references rule_versions,
  situation jsonb not null,
  event_id bigint references events,        -- the event whose arrival showed it
  withdrawn boolean not null default false, -- a fact that arrived later showed that it was not so
  unique (connection, subject_kind, subject_id, type, occurred_at, discriminator)
);
create index milestones_event on milestones (event_id);

create table recipients (
  id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in ('rep', 'customer')),
  name text,
  first_name text,
  email text,
  phone text,                               -- E.164
  language text,
  time_zone text,
  team text,
  manager uuid references recipients,
  source text not null,                     -- 'people.yaml', or the connection that told
  erased_at timestamptz
);
create index recipients_email on recipients (lower(email)) where email is not null;
-- one person, several CRM ids
create table recipient_ids (
  connection text not null,
  kind text not null,                       -- 'user', 'contact', 'lead'
  crm_id text not null,
  recipient_id uuid not null references recipients,
  primary key (connection, kind, crm_id)
);
create index recipient_ids_recipient on recipient_ids (recipient_id);

-- decide: the row that everything else hangs on
create table grants (
  id uuid primary key,                      -- derived from the unique key below, so a replay gives the same id
  rule_id text not null,
  once_key text not null,
  recipient_key text not null,              -- connection/kind/crm id: does not change when people are joined
  recipient_id uuid not null references recipients,
  rule_version bigint not null references rule_versions,
  milestone_id bigint not null references milestones,
  part smallint not null,                   -- which of the rule's rewards
  reward_id text not null,
  provider text not null,
  value_minor bigint not null check (value_minor >= 0),
  currency text not null,
  notify text[] not null,
  state text not null check (state in ('shadow', 'held', 'awaiting_approval', 'approved', 'ordering', 'unknown', 'issued',
    'redeemed', 'expired', 'cancelled', 'declined', 'failed', 'clawed_back')),
  waiting text,                             -- why it does not move on, for a person; null while it moves
  not_before timestamptz not null default '-infinity',
  granted_at timestamptz not null,          -- when the deciding event was received
  claim_version int not null default 1,     -- raised to revoke every claim link made so far
  claimed_at timestamptz,
  unique (rule_id, once_key, recipient_key)
);
create index grants_moving on grants (not_before) where state in ('approved', 'ordering', 'unknown');
create index grants_unreachable on grants (granted_at) where state = 'issued' and waiting is not null;
create index grants_milestone on grants (milestone_id);
create index grants_recipient on grants (recipient_id);

create table grant_moves (
  id bigint generated always as identity primary key,
  grant_id uuid not null references grants,
  from_state text,
  to_state text not null,
  actor text not null,                      -- 'decide', 'fulfil', 'settle', a person
  why text not null,
  at timestamptz not null default now()
);
create index grant_moves_grant on grant_moves (grant_id, id);

-- ledger: double entry, append only. Positive adds to the account, negative takes from it; each posting sums to zero.
create table ledger_accounts (
  id bigint generated always as identity primary key,
  code text not null,                       -- 'funding', 'reserved', 'issued', 'redeemed', 'expired', 'points:<recipient id>'
  currency text not null,
  unique (code, currency)
);
create table ledger_postings (
  id bigint generated always as identity primary key,
  key text not null unique,                 -- '<grant id>/<move>': the same posting twice is one
  grant_id uuid not null references grants,
  what text not null,
  booked_at timestamptz not null default now()
);
create table ledger_entries (
  posting_id bigint not null references ledger_postings,
  account_id bigint not null references ledger_accounts,
  amount_minor bigint not null check (amount_minor <> 0),
  primary key (posting_id, account_id)
);
create index ledger_entries_account on ledger_entries (account_id);

create function ledger_balanced() returns trigger language plpgsql as $$
begin
  if exists (
    select from ledger_entries e join ledger_accounts a on a.id = e.account_id
    where e.posting_id = new.posting_id group by a.currency having sum(e.amount_minor) <> 0
  ) then
    raise exception 'ledger posting % does not balance', new.posting_id using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger ledger_entries_balance after insert on ledger_entries
  deferrable initially deferred for each row execute function ledger_balanced();

create function append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger ledger_entries_append_only before update or delete on ledger_entries
  for each row execute function append_only();
create trigger ledger_postings_append_only before update or delete on ledger_postings
  for each row execute function append_only();
create trigger grant_moves_append_only before update or delete on grant_moves
  for each row execute function append_only();

-- fulfil: one order per grant, its request frozen before the first attempt
create table orders (
  grant_id uuid primary key references grants,
  provider text not null,
  request jsonb not null,
  reference text,
  content bytea,                            -- code, link: sealed with AES-256-GCM
  placed_at timestamptz,
  settled_at timestamptz
);

-- notify: one notification of one grant over one channel
create table messages (
  id uuid primary key default gen_random_uuid(),
  grant_id uuid not null references grants,
  channel text not null,
  sender text not null,
  state text not null check (state in ('queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'unknown', 'skipped')),
  reason text,
  reference text,
  not_before timestamptz not null default '-infinity',
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  unique (grant_id, channel)
);
create index messages_moving on messages (not_before) where state in ('queued', 'sending');
create index messages_reference on messages (sender, reference) where reference is not null;

-- fulfil, notify: every call to a provider or channel; written before the call, its outcome before anything else
create table attempts (
  id bigint generated always as identity primary key,
  grant_id uuid not null references grants,
  message_id uuid references messages,
  target text not null,                     -- provider or sender
  what text not null,                       -- 'order', 'lookup', 'send'
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  outcome text check (outcome in ('accepted', 'rejected', 'retryLater', 'unknown')),
  code text,
  detail text
);
create index attempts_grant on attempts (grant_id, id);

-- rewards/code-pool: codes imported from CSV, each given once
create table codes (
  id bigint generated always as identity primary key,
  pool text not null,
  digest text not null,                     -- keyed hash of the code: the same code twice is refused without reading it
  sealed bytea not null,
  expires_on date,
  imported_at timestamptz not null default now(),
  grant_id uuid unique references grants,
  given_at timestamptz,
  unique (pool, digest)
);
create index codes_free on codes (pool, expires_on nulls last, id) where grant_id is null;

-- channels/outbox: what would have been sent, for a sandbox to look at
create table outbox (
  id bigint generated always as identity primary key,
  message_id uuid not null unique,
  channel text not null,
  address text not null,
  subject text,
  text text not null,
  html text,
  at timestamptz not null default now()
);

-- connectors: OAuth tokens, sealed
create table connection_tokens (
  connection text primary key,
  sealed bytea not null,
  updated_at timestamptz not null default now()
);
