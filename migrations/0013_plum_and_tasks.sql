-- Plum's tokens, rewards that a person hands over, and what providers tell of orders by themselves.

-- rewards/plum: OAuth tokens, sealed; renewed by one process at a time
create table provider_tokens (
  account text primary key,                    -- 'plum/<SHA-256 of the first refresh token>'
  sealed bytea not null,
  updated_at timestamptz not null
);

-- rewards/manual: what a person has to do for a grant
create table reward_tasks (
  id uuid primary key,
  provider text not null,                      -- its id in accolade.yaml
  order_key text not null unique,              -- of the order that asks for it
  state text not null default 'open' check (state in ('open', 'done', 'cannot', 'withdrawn')),
  title text not null,
  instructions text,                           -- the reward's own words to whoever does it
  value_minor bigint not null,
  currency text not null,
  recipient_id uuid not null,
  created_at timestamptz not null,
  closed_at timestamptz,
  closed_by text,                              -- email address
  note text check (char_length(note) <= 1000),         -- the recipient reads it
  tracking_url text check (char_length(tracking_url) <= 2000),
  reason text check (char_length(reason) <= 1000),     -- why it cannot be done
  check ((state = 'open') = (closed_at is null)),
  check ((state in ('done', 'cannot')) = (closed_by is not null)),
  check (state <> 'cannot' or reason is not null)
);
create index reward_tasks_open on reward_tasks (created_at, id) where state = 'open';

-- settle: a receipt told something of an order that was issued; the provider is asked what is true
alter table orders add column doubted_at timestamptz;
create index orders_doubted on orders (grant_id) where doubted_at is not null;
create index orders_by_key on orders ((request ->> 'key'));
create index orders_by_reference on orders (provider, reference) where reference is not null;

-- told of a reward that a person handed over, and of one that turned out not to be had
alter table messages drop constraint messages_kind;
alter table messages add constraint messages_kind
  check (kind in ('reward', 'declined', 'expired', 'reversed', 'ready', 'unavailable'));
