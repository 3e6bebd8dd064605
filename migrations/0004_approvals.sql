-- Approvals and disputes: what waits for a person, who decided, and what people are told of it.

-- a recipient says that a reward is wrong or missing; what became of it stands in its approval
create table disputes (
  id uuid primary key default gen_random_uuid(),
  recipient_id uuid not null references recipients,
  grant_id uuid references grants,          -- null: a reward that is missing
  about text check (char_length(about) <= 200), -- the deal that they named
  text text not null check (char_length(text) <= 1000),
  explanation jsonb not null,               -- ExplainedCase[] of src/pipeline/dispute-explanation.ts, as of then
  raised_at timestamptz not null
);
create index disputes_recipient on disputes (recipient_id, raised_at);
create index disputes_grant on disputes (grant_id) where grant_id is not null;

create table approvals (
  id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in ('grant', 'dispute')),
  grant_id uuid references grants,
  dispute_id uuid unique references disputes,
  approver_group text not null,             -- a group of accolade.yaml; 'manager': the recipient's; 'admin': who has that role
  asked_minor bigint,                       -- what the reward was worth when it was asked for: another value is another question
  asked_currency text,
  requested_at timestamptz not null,
  expires_at timestamptz,                   -- null: waits without end
  state text not null default 'open' check (state in ('open', 'approved', 'declined', 'expired', 'withdrawn')),
  decided_at timestamptz,
  decided_by text,                          -- email address
  reason text check (char_length(reason) <= 1000),
  check ((kind = 'grant') = (dispute_id is null)),
  check (kind = 'dispute' or (grant_id is not null and asked_minor is not null and asked_currency is not null)),
  check ((state = 'open') = (decided_at is null)),
  check ((state in ('approved', 'declined')) = (decided_by is not null))
);
-- a grant waits for one decision at a time
create unique index approvals_waiting on approvals (grant_id) where kind = 'grant' and state = 'open';
create index approvals_grant on approvals (grant_id, requested_at);
create index approvals_queue on approvals (approver_group, requested_at, id) where state = 'open';
create index approvals_listed on approvals (requested_at, id);

-- a grant is told of once per kind and channel: that it is there, that it was declined, that its approval expired
alter table messages add column kind text not null default 'reward';
alter table messages add constraint messages_kind check (kind in ('reward', 'declined', 'expired'));
alter table messages drop constraint messages_grant_id_channel_key;
alter table messages add constraint messages_once unique (grant_id, kind, channel);

drop index grants_unreachable;
create index grants_unreachable on grants (granted_at) where state in ('issued', 'declined', 'expired') and waiting is not null;

-- what a person's deals showed lately, for who says that a reward is missing
create index milestones_owner on milestones (connection, (situation #>> '{owner,id}'), occurred_at)
  where situation #>> '{owner,id}' is not null;
