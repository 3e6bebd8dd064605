-- Turns: a window of a metric that a rule listens to has ended. It is judged once more as of its end, by the next deciding.
create table window_turns (
  metric text not null,                        -- as rules listen to it: '<name>/<of>//<over>/<options>'
  until date not null,                         -- the first local day that is no longer in the window
  ended_at timestamptz not null,
  noticed_at timestamptz not null,             -- on whose clock it had ended: a turn is news, and this is when it was received
  after_connection text not null default '',   -- how far it was judged: those of whom it is, in the order of these two
  after_id text not null default '',
  state text not null default 'open' check (state in ('open', 'judged', 'parked')),
  reason text,                                 -- why it is parked, for a person
  primary key (metric, until)                  -- each once
);
create index window_turns_open on window_turns (ended_at, metric) where state = 'open';

-- until when it was looked for ends of windows
create table window_turns_seen (
  single boolean primary key default true check (single),
  until timestamptz not null
);
-- where rules are in force already, what ended before this was there stays as it was judged
insert into window_turns_seen (until) select now() from active_rules;

-- who gave it against what the rule saw, by accepting a dispute: their email address. Such a grant is not undone by the rule.
alter table grants add column given_by text;
-- what came of an accepted dispute, where it was given; null: a rule may still give it, after the records were put right
alter table approvals add column gave uuid references grants;

-- why a grant moved, for people of any language: see src/ledger/move-reasons.ts. Null: `why` is all there is, as somebody wrote
-- it, or as it was said before this; beside a code it is the same in English.
alter table grant_moves add column why_code text, add column why_values jsonb;
