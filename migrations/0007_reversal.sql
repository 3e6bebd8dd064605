-- Reversal: what was issued is taken back at the provider or becomes a debt, and comes back when it is due again.

alter table grants
  add column undone_done timestamptz,          -- the undone_at that was acted upon: it is not looked at again until the mark changes
  add column taking_back_at timestamptz;       -- the provider is being asked: nobody is shown the content meanwhile
create index grants_to_undo on grants (id)
  where undone_at is not null and undone_done is distinct from undone_at and state in ('issued', 'redeemed');
create index grants_coming_back on grants (id)
  where undone_at is null and (state = 'clawed_back' or undone_done is not null or taking_back_at is not null);

-- what of the grant's cost an order stands for: less than all of it where the rest paid a debt
alter table orders add column cost_minor bigint check (cost_minor >= 0);
update orders o set cost_minor = g.cost_minor from grants g where g.id = o.grant_id;
alter table orders alter column cost_minor set not null;

-- orders of earlier rounds; `orders` has the one of the present round
create table orders_past (
  grant_id uuid not null references grants,
  round smallint not null,
  provider text not null,
  request jsonb not null,
  reference text,
  content bytea,                               -- sealed, as in orders
  cost_minor bigint not null,
  placed_at timestamptz,
  settled_at timestamptz,
  claimed_at timestamptz,
  taken_back_at timestamptz,                   -- null: the recipient has it
  primary key (grant_id, round)
);

-- what a recipient owes from a grant that is no longer due and could not be taken back
create table debts (
  grant_id uuid not null references grants,
  round smallint not null,
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null,
  forgiven_minor bigint not null default 0,    -- by a person, or because the reward is due again
  since timestamptz not null,
  primary key (grant_id, round),
  check (forgiven_minor between 0 and amount_minor)
);

-- a later grant that pays a debt: meant when its order is frozen, posted when it is issued
create table nettings (
  grant_id uuid not null references grants,    -- the one that pays
  round smallint not null,
  debt_grant_id uuid not null,
  debt_round smallint not null,
  amount_minor bigint not null check (amount_minor > 0),
  posted boolean not null default false,
  primary key (grant_id, round, debt_grant_id, debt_round),
  foreign key (debt_grant_id, debt_round) references debts
);
create index nettings_debt on nettings (debt_grant_id, debt_round);

-- a code belongs to an order, and a grant that comes back has a new one
alter table codes drop constraint codes_grant_id_fkey;
alter table codes rename column grant_id to order_key;

-- a reward that comes back is told of again, and so is what was taken back
alter table messages add column round smallint not null default 1;
alter table messages drop constraint messages_once;
alter table messages add constraint messages_once unique (grant_id, kind, round, channel);
alter table messages drop constraint messages_kind;
alter table messages add constraint messages_kind check (kind in ('reward', 'declined', 'expired', 'reversed'));

-- what the recipient has through a grant, in its cost's currency: orders that stand and debts that it paid, less what is owed from it
create function held_through(grant_asked uuid) returns bigint language sql stable as $$
  select (
    coalesce((select sum(cost_minor) from orders where grant_id = grant_asked and settled_at is not null), 0)
    + coalesce((select sum(cost_minor) from orders_past where grant_id = grant_asked and taken_back_at is null), 0)
    + coalesce((select sum(amount_minor) from nettings where grant_id = grant_asked and posted), 0)
    - coalesce((select sum(amount_minor - forgiven_minor) from debts where grant_id = grant_asked), 0))::bigint
$$;
