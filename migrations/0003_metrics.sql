-- Metrics: what each record adds to them, the sums of that, and what those rest on beside the facts.

-- decide: what one record adds, a pure function of its history; taken away again when its history changes
create table metric_contributions (
  connection text not null,
  kind text not null,                       -- of the record; 'customer/company', 'customer/contact', 'cost'
  id text not null,
  contributions jsonb not null,             -- see Contributions in src/metrics/contribution.ts
  primary key (connection, kind, id)
);

-- the sums of all contributions, by local calendar day and once more by month, so that any window is few rows
create table metric_cells (
  of text not null check (of in ('owner', 'team', 'campaign', 'workspace')),
  connection text not null,                 -- of an owner; '' for what is the workspace's
  id text not null,
  series text not null,
  grain text not null check (grain in ('day', 'month')),
  day date not null,                        -- of a month its first
  day2 date not null,                       -- a second day for pairs, such as a gap; else the same as day
  key text not null default '',             -- a stage, a bucket
  n bigint not null,
  primary key (of, connection, id, series, grain, day, day2, key)
);

-- decide: deals that stand as won, by who bought
create table purchases (
  connection text not null,
  deal_id text not null,
  customer_kind text not null check (customer_kind in ('company', 'contact')),
  customer_id text not null,                -- of the record that remains after merges
  won_at timestamptz not null,
  amount_minor bigint,                      -- in the workspace currency; null where unknown or without a rate
  what text,                                -- what was bought: the deal's product, else its type
  subjects jsonb not null,                  -- who sold: owner, team, company, campaign at the win
  primary key (connection, deal_id)
);
create index purchases_customer on purchases (connection, customer_kind, customer_id, won_at);

-- records whose contributions rest on another record's life: a referral on who was referred
create table metric_watches (
  connection text not null,
  kind text not null,
  id text not null,
  watched_kind text not null,
  watched_id text not null,
  primary key (connection, kind, id, watched_kind, watched_id)
);
create index metric_watches_watched on metric_watches (connection, watched_kind, watched_id);

-- the team that people.yaml gives a CRM user, from when; the first that is known holds for the time before
create table team_history (
  connection text not null,
  user_id text not null,
  team text not null,
  since timestamptz not null,
  primary key (connection, user_id, since)
);

-- accolade import costs, POST /api/v1/costs: what acquisition, retention and campaigns cost
create table costs (
  id text primary key,                      -- the sender's, or a digest of the content: the same cost counts once
  kind text not null check (kind in ('acquisition', 'retention', 'campaign')),
  amount numeric not null check (amount >= 0), -- major units
  currency text not null,
  from_day date not null,
  until_day date not null,                  -- the last day
  campaign text,
  team text,
  owner text,                               -- connection/user id
  note text
);

-- what all of it was computed with: time zone, currency, rates, definitions. Another hash: everything is computed anew.
create table metric_basis (
  single boolean primary key default true check (single),
  hash text not null
);

create index facts_owners on facts (connection, (value #>> '{}')) where field = 'owner';
create index records_team on records ((fields ->> 'team')) where kind = 'user';
