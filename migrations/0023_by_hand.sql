-- What a person does with a grant by hand: tries one again that has failed, takes one back that was given.

alter table grants
  add column reward_version bigint references rule_versions, -- tried again: the version that its reward is read from; null: the grant's own
  add column retried_from smallint not null default 1,       -- refusals for good of earlier rounds than this do not count any more
  add column taken_by text;                                  -- who takes it back, or took it: no rule gives it again
