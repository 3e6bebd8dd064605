-- Offers: what recipients take for their points. Each is a grant of its own, under the rule id 'offer:<id>'.

create table offer_takes (
  offer_id text primary key,
  taken int not null check (taken >= 0)
);

create table redemptions (
  grant_id uuid primary key references grants,
  recipient_id uuid not null references recipients,
  offer_id text not null,
  cost_minor bigint not null check (cost_minor > 0), -- points
  at timestamptz not null,
  returned boolean not null default false      -- nothing came of it: the points are theirs again
);
create index redemptions_recipient on redemptions (recipient_id);
