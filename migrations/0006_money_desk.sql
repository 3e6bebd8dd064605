-- The money desk: what stops sending, what is usual, and a ledger whose accounts stay what they were.

-- while one is in force, no outside call of its scope is started
create table pauses (
  id bigint generated always as identity primary key,
  scope text not null check (scope = 'all' or scope like 'provider:_%' or scope like 'channel:_%'),
  since timestamptz not null,
  paused_by text not null,                  -- a person, or 'brake'
  why text not null,
  resumed_at timestamptz,
  resumed_by text,
  told_at timestamptz,                      -- when operators were warned of it
  woken_at timestamptz,                     -- when what waited for its end was sent on
  check ((resumed_at is null) = (resumed_by is null))
);
create unique index pauses_in_force on pauses (scope) where resumed_at is null;
create index pauses_to_settle on pauses (id) where told_at is null or (resumed_at is not null and woken_at is null);

-- a pause is history: only what was still open of it may be filled in
create function pauses_only_end() returns trigger language plpgsql as $$
begin
  if row (new.id, new.scope, new.since, new.paused_by, new.why) is distinct from row (old.id, old.scope, old.since, old.paused_by, old.why)
    or (old.resumed_at is not null and row (new.resumed_at, new.resumed_by) is distinct from row (old.resumed_at, old.resumed_by))
  then
    raise exception 'pauses is append only' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger pauses_only_end before update on pauses for each row execute function pauses_only_end();
create trigger pauses_append_only before delete on pauses for each row execute function append_only();
create trigger pauses_never_emptied before truncate on pauses for each statement execute function append_only();

-- what was granted in the 28 days before an hour began, so that the brake need not count them for each batch
create table usual_spend (
  hour timestamptz not null,
  currency text not null,
  minor bigint not null,
  primary key (hour, currency)
);
create index grants_granted on grants (granted_at);

-- another code or currency for an account would move or unbalance what was booked on it
create function ledger_account_fixed() returns trigger language plpgsql as $$
begin
  raise exception 'ledger account % keeps its code and currency', old.code using errcode = 'restrict_violation';
end $$;
create trigger ledger_accounts_fixed before update on ledger_accounts for each row
  when (row (old.id, old.code, old.currency) is distinct from row (new.id, new.code, new.currency))
  execute function ledger_account_fixed();
