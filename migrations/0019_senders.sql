-- Senders: what all workers share of one, devices that take notifications, and celebrations.

-- one row for each sender that is set up: how fast, whether its vendor asked for patience, whether it is out of order
create table senders (
  channel text not null,
  sender text not null,
  tokens double precision,                  -- how many may go out at once, as of filled_at; null: no rate was asked for yet
  filled_at timestamptz not null,
  turn_at timestamptz not null,             -- the last turn that was given to a message that waits
  quiet_until timestamptz,                  -- the vendor asked for patience with everybody
  quiet_why text,
  faults int not null default 0,            -- refusals in a row that an admin must mend
  out_since timestamptz,                    -- out of order: only a probe goes out
  out_why text,
  probes int not null default 0,
  probe_at timestamptz,
  primary key (channel, sender),
  check ((out_since is null) = (probe_at is null))
);

-- the vendor asked for patience with one recipient only
create table sender_pairs (
  channel text not null,
  sender text not null,
  recipient_id uuid not null references recipients,
  until timestamptz not null,
  why text not null,
  primary key (channel, sender, recipient_id)
);

alter table messages
  add column turn_at timestamptz,           -- it waited for its turn until then: it need not queue up again
  add column mendable boolean not null default false; -- refused for something that an admin can mend: it is taken up again where nothing else is left
create index messages_waiting on messages (channel, created_at) where state = 'queued' and reason is not null;

alter table pauses drop constraint pauses_scope_check;
alter table pauses add constraint pauses_scope_check
  check (scope = 'all' or scope like 'provider:_%' or scope like 'channel:_%' or scope like 'sender:_%');

-- what may be celebrated: one row for each person and milestone, when the first reward for it was issued
create table moments (
  id bigint generated always as identity primary key,
  seq bigint unique,                        -- given in the order in which walls tell of them, once the row is there for everybody to see
  grant_id uuid not null references grants,
  milestone_id bigint not null references milestones,
  recipient_id uuid not null references recipients,
  team text,
  at timestamptz not null,
  unique (milestone_id, recipient_id)
);
create index moments_untold on moments (id) where seq is null;

-- a message that a team reads
alter table messages drop constraint messages_kind;
alter table messages add constraint messages_kind check (kind in ('reward', 'declined', 'expired', 'reversed', 'ready', 'unavailable', 'celebration'));
