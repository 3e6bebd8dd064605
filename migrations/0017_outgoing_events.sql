-- Outgoing events: what happened here, told to other systems. A row for each event and endpoint, written by triggers: so in
-- the same transaction as what it tells of, whoever wrote that.

-- as accolade.yaml sets them at the start of a server, with what became of their calls
create table webhook_endpoints (
  id text primary key,
  events text[] not null,
  personal boolean not null,                -- names and email addresses of recipients may be told
  url_digest text not null,                 -- another address begins anew
  in_force boolean not null,
  failures int not null default 0,          -- in a row
  failing_since timestamptz,
  not_before timestamptz not null default '-infinity', -- it asked to be called later
  paused_at timestamptz,                    -- it failed for long: one call now and then looks whether it is back
  probe_at timestamptz,
  disabled_at timestamptz,                  -- it answered 410
  check ((paused_at is null) = (probe_at is null))
);

-- tell: one event for one endpoint, its body frozen
create table outgoing (
  id bigint generated always as identity primary key,
  event_id uuid not null,                   -- the same for every endpoint; `webhook-id` is msg_ and this
  endpoint text not null references webhook_endpoints,
  type text not null,
  thread text not null,                     -- what it is about: of one, an endpoint is told in order
  grant_id uuid references grants,
  recipient_id uuid references recipients,
  body text not null,
  created_at timestamptz not null,
  state text not null default 'waiting' check (state in ('waiting', 'sending', 'delivered', 'failed', 'skipped')),
  tries int not null default 0,             -- that counted: not those that looked whether a paused endpoint is back
  not_before timestamptz not null default '-infinity',
  rung_at timestamptz,
  settled_at timestamptz,
  reason text,
  unique (event_id, endpoint)
);
create index outgoing_open on outgoing (endpoint, thread, id) where state in ('waiting', 'sending');
create index outgoing_due on outgoing (not_before, id) where state in ('waiting', 'sending');
create index outgoing_listed on outgoing (endpoint, id);
create index outgoing_delivered on outgoing (settled_at) where state = 'delivered';
create index outgoing_recipient on outgoing (recipient_id) where recipient_id is not null;

create table outgoing_attempts (
  id bigint generated always as identity primary key,
  outgoing_id bigint not null references outgoing on delete cascade,
  started_at timestamptz not null,
  finished_at timestamptz,
  status smallint,                          -- null: no answer, or none yet
  detail text
);
create index outgoing_attempts_of on outgoing_attempts (outgoing_id, id);

create function iso_instant(at timestamptz) returns text language sql immutable as $$
  select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- who it is about: ids, and where the endpoint may have them, address and name
create function told_recipient(recipient recipients, personal boolean) returns json language sql stable as $$
  select case when personal and recipient.erased_at is null
    then json_build_object('id', recipient.id, 'kind', recipient.kind, 'crm', crm.ids, 'email', recipient.email, 'name', recipient.name)
    else json_build_object('id', recipient.id, 'kind', recipient.kind, 'crm', crm.ids) end
  from (select coalesce(json_agg(json_build_object('connection', i.connection, 'kind', i.kind, 'id', i.crm_id)
    order by i.connection, i.kind, i.crm_id), '[]') as ids from recipient_ids i where i.recipient_id = recipient.id) crm
$$;

create function move_event(from_state text, to_state text, first boolean) returns text language sql immutable as $$
  select case
    when from_state = 'shadow' or to_state = 'shadow' then null
    -- a debt that was forgiven is noted as a move to where the grant is: nothing happened to it
    when from_state is null then case when first then 'grant.created'
      when to_state in ('held', 'awaiting_approval', 'approved') then 'grant.changed' end
    when from_state = 'clawed_back' or (from_state = 'cancelled' and to_state in ('held', 'awaiting_approval', 'approved')) then 'grant.restored'
    when to_state in ('cancelled', 'clawed_back') then 'grant.reversed'
    when from_state = 'awaiting_approval' and to_state = 'approved' then 'grant.approved'
    when to_state in ('issued', 'redeemed', 'declined', 'expired', 'failed') then 'grant.' || to_state
  end
$$;

create function tell_of_moves() returns trigger language plpgsql as $$
begin
  if not exists (select from webhook_endpoints where in_force and disabled_at is null) then return null; end if;
  with told as materialized (
    select v.id, v.grant_id, v.from_state, v.to_state, v.at, gen_random_uuid() as event_id,
      move_event(v.from_state, v.to_state,
        v.from_state is null and not exists (select from grant_moves e where e.grant_id = v.grant_id and e.id < v.id)) as type
    from moved v
  )
  insert into outgoing (event_id, endpoint, type, thread, grant_id, recipient_id, created_at, body)
  select t.event_id, e.id, t.type, 'grant:' || g.id, g.id, g.recipient_id, t.at,
    json_build_object('type', t.type, 'timestamp', iso_instant(t.at), 'data', json_build_object(
      'grant', g.id, 'state', t.to_state, 'before', t.from_state, 'rule', g.rule_id, 'kpi', g.kpi, 'reward', g.reward_id,
      'provider', g.provider, 'value', json_build_object('minor', g.value_minor, 'currency', g.currency), 'budget', g.budget,
      'milestone', json_build_object('type', m.type, 'connection', m.connection, 'kind', m.subject_kind, 'id', m.subject_id,
        'occurredAt', iso_instant(m.occurred_at)),
      'recipient', told_recipient(r, e.personal)))::text
  from told t
  join webhook_endpoints e on e.in_force and e.disabled_at is null and t.type = any (e.events)
  join grants g on g.id = t.grant_id
  join milestones m on m.id = g.milestone_id
  join recipients r on r.id = g.recipient_id
  order by t.id;
  return null;
end $$;
create trigger grant_moves_told after insert on grant_moves
  referencing new table as moved for each statement execute function tell_of_moves();

create function tell_of_budget(what text, about text, percent int, amount bigint, at timestamptz) returns void language sql as $$
  with told as materialized (select gen_random_uuid() as event_id)
  insert into outgoing (event_id, endpoint, type, thread, created_at, body)
  select t.event_id, e.id, what, 'budget:' || b.id, at,
    json_build_object('type', what, 'timestamp', iso_instant(at), 'data', json_build_object(
      'budget', b.id, 'percent', percent, 'amount', json_build_object('minor', amount, 'currency', b.currency),
      'available', json_build_object('minor', coalesce(a.balance_minor, 0), 'currency', b.currency)))::text
  from told t
  join webhook_endpoints e on e.in_force and e.disabled_at is null and what = any (e.events)
  join budgets b on b.id = about
  left join ledger_accounts a on a.code = 'budget:' || b.id and a.currency = b.currency
$$;
create function tell_of_budget_alert() returns trigger language plpgsql as $$
begin
  perform tell_of_budget('budget.low', new.budget, new.percent, new.amount_minor, new.at);
  return null;
end $$;
create trigger budget_alerts_told after insert on budget_alerts for each row execute function tell_of_budget_alert();

-- that a budget has no room is told once for an amount
alter table budgets
  add column empty_minor bigint,            -- the amount of which it was told
  add column empty_at timestamptz;
create function tell_of_empty_budget() returns trigger language plpgsql as $$
begin
  perform tell_of_budget('budget.empty', new.id,
    (select floor(100 * (new.amount_minor - a.balance_minor) / new.amount_minor)::int from ledger_accounts a
      where a.code = 'budget:' || new.id and a.currency = new.currency), new.amount_minor, new.empty_at);
  return null;
end $$;
create trigger budgets_told after update of empty_minor on budgets for each row
  when (new.empty_minor is not null and new.empty_minor is distinct from old.empty_minor) execute function tell_of_empty_budget();

create function tell_of_dispute(what text, dispute_id uuid, outcome text, at timestamptz) returns void language sql as $$
  with told as materialized (select gen_random_uuid() as event_id)
  insert into outgoing (event_id, endpoint, type, thread, grant_id, recipient_id, created_at, body)
  select t.event_id, e.id, what, coalesce('grant:' || d.grant_id, 'dispute:' || d.id), d.grant_id, d.recipient_id, at,
    json_build_object('type', what, 'timestamp', iso_instant(at), 'data', json_build_object(
      'dispute', d.id, 'grant', d.grant_id, 'outcome', outcome, 'recipient', told_recipient(r, e.personal)))::text
  from told t
  join webhook_endpoints e on e.in_force and e.disabled_at is null and what = any (e.events)
  join disputes d on d.id = dispute_id
  join recipients r on r.id = d.recipient_id
$$;
create function tell_of_dispute_raised() returns trigger language plpgsql as $$
begin
  perform tell_of_dispute('dispute.raised', new.id, null, new.raised_at);
  return null;
end $$;
create trigger disputes_told after insert on disputes for each row execute function tell_of_dispute_raised();
create function tell_of_dispute_decided() returns trigger language plpgsql as $$
begin
  perform tell_of_dispute('dispute.decided', new.dispute_id, new.state, new.decided_at);
  return null;
end $$;
create trigger approvals_told after update on approvals for each row
  when (new.kind = 'dispute' and old.state = 'open' and new.state <> 'open') execute function tell_of_dispute_decided();

-- who is forgotten is forgotten in what was told, and in what is still to be told
create function forget_told() returns trigger language plpgsql as $$
begin
  update outgoing set body = ((body::jsonb #- '{data,recipient,email}') #- '{data,recipient,name}')::text
    where recipient_id = new.id and body::jsonb #> '{data,recipient}' ?| array['email', 'name'];
  return null;
end $$;
create trigger recipients_forgotten after update on recipients for each row
  when (old.erased_at is null and new.erased_at is not null) execute function forget_told();
