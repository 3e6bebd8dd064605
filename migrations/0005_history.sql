-- rehearse: what a CRM's export told of the past. Nothing is ever decided or granted from it, but in a rehearsal.
create table history (
  id bigint generated always as identity primary key,
  connection text not null,
  key text not null,                        -- of what it says: the same line twice is one row
  type text not null,
  subject_kind text not null,
  subject_id text not null,
  occurred_at timestamptz not null,
  facts jsonb not null,
  source text not null,                     -- name of the file
  imported_at timestamptz not null,
  unique (connection, key)
);
create index history_order on history (occurred_at, id);
create index history_subject on history (connection, subject_kind, subject_id);

-- each time that a version of the rules came into force, and by whom: one may do so more than once
create table rule_turns (
  id bigint generated always as identity primary key,
  version bigint not null references rule_versions,
  author text not null,
  since timestamptz not null
);
insert into rule_turns (version, author, since)
  select v.id, v.author, a.since from active_rules a join rule_versions v on v.id = a.version;
