-- One table of what was said about being written to: by the person, by a vendor, by whoever keeps the company's records. What
-- was said and until when it counts stays a row; whether somebody may be told follows from the rows: src/people/consent.ts

alter table consents drop constraint consents_status_check;
alter table consents add constraint consents_status_check
  -- works: the address is in use, which ends what bounces said of it and agrees to nothing; fails: a message to it failed for now
  check (status in ('in', 'out', 'works', 'fails'));
alter table consents drop constraint consents_source_check;
alter table consents add constraint consents_source_check
  check (source in ('one-click', 'STOP', 'START', 'page', 'crm', 'admin', 'people.yaml', 'import', 'vendor', 'bounce', 'complaint',
    'soft-bounce', 'heard', 'delivered', 'erased'));

insert into consents (address_digest, channel, category, status, source, evidence, at, until)
  select address_digest, channel, kind, 'out', case why
      when 'bad' then 'bounce'
      when 'complained' then 'complaint'
      else case source when 'heard' then 'STOP' when 'unsubscribe' then 'one-click' when 'page' then 'page' else 'vendor' end end,
    case when source in ('heard', 'unsubscribe', 'page') then evidence else concat_ws(' ', source, evidence) end,
    since, case when why <> 'optedOut' then until end
  from suppressions
  -- taken back at the moment at which it was made: nothing was ever refused
  where not (why = 'optedOut' and until is not null and until <= since);

-- an opt-out with an end was taken back then, by the person; and who agreed, agreed
insert into consents (address_digest, channel, category, status, source, at)
  select address_digest, channel, kind, 'in', case when source in ('unsubscribe', 'page') then 'page' else 'START' end, until
    from suppressions where why = 'optedOut' and until is not null
  union
  select address_digest, channel, 'all', 'in', 'START', agreed_at from agreements where agreed_at is not null;

insert into consents (address_digest, channel, category, status, source, at)
  select address_digest, channel, 'all', 'works', 'heard', heard_at from agreements where heard_at is not null;

drop table suppressions;
drop table agreements;
