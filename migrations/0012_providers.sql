-- Providers: queues at vendors that take so many orders a second, catalogues and balances as last told, several providers
-- for one reward.

-- when the next order may be sent to an account that takes so many a second, whoever sends it
create table vendor_queues (
  name text primary key,                       -- '<kind>:<account>'
  free_at timestamptz not null
);
-- whose turn is when: taken once, used once
create table vendor_turns (
  name text not null,
  key text not null,                           -- of the order
  turn_at timestamptz not null,
  primary key (name, key)
);

-- what a provider said last of what it can supply
create table catalogs (
  provider text primary key,                   -- id in accolade.yaml
  products jsonb not null,
  fetched_at timestamptz not null
);

-- how a provider stands: what orders are routed by, and what grants wait for
create table provider_standing (
  provider text primary key,                   -- id in accolade.yaml
  balance jsonb,                               -- [{ minor, currency }], as it said last
  balance_at timestamptz,
  balance_asked_at timestamptz,                -- also without success
  catalog_asked_at timestamptz,
  trouble text,                                -- 'funds', 'stock', 'configuration', 'low'; null while all is well
  trouble_detail text,
  trouble_since timestamptz,
  told text,                                   -- the trouble that somebody was told of last, and when
  told_at timestamptz,
  told_mark uuid                               -- of whoever had to tell it: of many who meet it at once, one
);

-- an order and the entry of its reward's `via` that it was made by
alter table orders
  add column route smallint not null default 0,
  add column chosen text,                      -- why this provider, for a person
  add column frozen_at timestamptz not null default now();
alter table orders_past
  add column route smallint not null default 0,
  add column chosen text,
  add column frozen_at timestamptz,
  add column refused text check (refused in ('permanent', 'configuration', 'funds', 'absent', 'expired', 'paused')),
  add column refused_detail text,
  add column given_up_at timestamptz,
  add column looked_for_at timestamptz;        -- an order that its provider did not have is looked for once more, long after
create index orders_past_absent on orders_past (given_up_at) where refused = 'absent' and looked_for_at is null;
-- rounds from this one on belong to the present walk through the providers of a reward
alter table grants add column walk_from smallint not null default 1;
create index attempts_target on attempts (target, id) where what = 'order';

-- a person said what became of an order
alter table attempts add column actor text;
