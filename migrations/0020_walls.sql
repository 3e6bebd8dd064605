-- Links to the wall. Of the link itself only a keyed digest is kept.
create table walls (
  id bigint generated always as identity primary key,
  digest text not null unique,
  team text,                                -- null: the whole workspace
  language text not null,
  made_at timestamptz not null,
  made_by text not null,
  revoked_at timestamptz,
  revoked_by text,
  check ((revoked_at is null) = (revoked_by is null))
);

-- what was issued since a day, for the leaderboard
create index orders_settled on orders (settled_at) where settled_at is not null;
