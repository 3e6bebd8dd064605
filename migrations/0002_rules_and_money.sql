-- Holds, limits, budgets, approvals, reversal: what a rule asks for beyond its conditions, and what stopped a reward.

alter table grants
  add column budget text,                      -- id of the budget that it takes from
  add column cost_minor bigint check (cost_minor >= 0), -- what the ledger moves: the value, in the budget's currency where there is one
  add column cost_currency text,
  add column kpi text,                         -- of its rule, for reports
  add column team text,                        -- of the owner, as the milestone saw it, for reports
  add column release_at timestamptz,           -- held until then
  add column unfunded boolean not null default false, -- held because its budget was empty: nothing is reserved for it yet
  add column approval_by text,                 -- who must approve: a group of accolade.yaml, or 'manager'
  add column approval_until timestamptz,       -- after this nobody may any more
  add column approval_days smallint,           -- how long they may take, from when it is asked for
  add column clawback boolean not null default false,
  add column undone_at timestamptz,            -- a later change showed that it is no longer due; null while it is due
  add column undone_why text,
  add column round smallint not null default 1, -- raised when it comes back after it was taken back at the provider: a new order
  add column netted_minor bigint not null default 0 check (netted_minor >= 0); -- part of the cost that paid a debt instead
update grants set cost_minor = value_minor, cost_currency = currency;
alter table grants alter column cost_minor set not null, alter column cost_currency set not null;
create index grants_held on grants (release_at) where state = 'held';
create index grants_unfunded on grants (budget, granted_at, id) where unfunded and state = 'held';
create index grants_awaiting on grants (approval_until) where state = 'awaiting_approval';
create index grants_undone on grants (undone_at) where undone_at is not null and state in ('issued', 'redeemed', 'clawed_back');

-- decide: due by its rule, and not given. The id is the one that the grant would have: of a rule that rewards somebody once
-- in a period, several milestones may have the same one.
create table stops (
  grant_id uuid not null,
  rule_id text not null,
  rule_version bigint not null references rule_versions,
  milestone_id bigint not null references milestones,
  recipient_key text not null,
  part smallint not null,
  value_minor bigint not null,
  currency text not null,
  reason text not null check (reason in ('once', 'limit', 'budget')),
  detail jsonb not null,                       -- what stopped it, with the figures: see Stop in src/pipeline/decide-stops.ts
  waits_for text not null,                     -- key of what would have to become free: a grant id, a limit's key, a budget's id
  at timestamptz not null,
  primary key (grant_id, milestone_id)
);
create index stops_milestone on stops (milestone_id);
create index stops_waits_for on stops (waits_for);

-- decide: records to be judged again although nothing new was told of them: room became free, people or rules changed
create table due_again (
  connection text not null,
  kind text not null,
  id text not null,
  primary key (connection, kind, id)
);

-- decide: what each grant takes up of each limit of its rule, and the sum for each
create table limit_uses (
  grant_id uuid not null references grants,
  key text not null,                           -- '<rule>/<limit as written>/<whose>/<first day of the period>'
  count int not null,
  amount_minor bigint not null,
  primary key (grant_id, key)
);
create table limit_totals (
  key text primary key,
  count int not null check (count >= 0),
  amount_minor bigint not null check (amount_minor >= 0)
);

-- as the rules in force set them; one that no rule book names any more stays, for its ledger account
create table budgets (
  id text primary key,
  amount_minor bigint not null check (amount_minor >= 0),
  currency text not null,
  starts_at timestamptz,
  ends_at timestamptz,                         -- half-open
  alerts smallint[] not null default '{}',     -- percent of the amount
  when_empty text not null check (when_empty in ('wait', 'stop')),
  in_force boolean not null
);
-- each alert once for an amount: a budget that was raised may reach its marks again
create table budget_alerts (
  budget text not null references budgets,
  percent smallint not null,
  amount_minor bigint not null,
  at timestamptz not null default now(),
  primary key (budget, percent, amount_minor)
);

-- the ledger: a budget is an account that was paid into, and can never give more than it holds
alter table ledger_postings alter column grant_id drop not null;
alter table ledger_accounts add column balance_minor bigint not null default 0; -- kept for budgets only
alter table ledger_accounts add constraint budget_never_overspent check (code not like 'budget:%' or balance_minor >= 0);
create index ledger_postings_grant on ledger_postings (grant_id);

create trigger ledger_entries_never_emptied before truncate on ledger_entries
  for each statement execute function append_only();
create trigger ledger_postings_never_emptied before truncate on ledger_postings
  for each statement execute function append_only();
create trigger grant_moves_never_emptied before truncate on grant_moves
  for each statement execute function append_only();
