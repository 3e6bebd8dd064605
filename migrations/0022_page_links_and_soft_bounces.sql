-- The link to a person's own page, sent to them when it is asked for; and addresses that fail for a while.

alter table messages drop constraint messages_kind;
alter table messages add constraint messages_kind
  check (kind in ('reward', 'declined', 'expired', 'reversed', 'ready', 'unavailable', 'page', 'celebration'));

alter table receipts drop constraint receipts_address_check;
alter table receipts add constraint receipts_address_check check (address in ('bad', 'optedOut', 'complained', 'soft'));

-- numbers are kept as E.164; those without a country code are read when the CRM next says something of their person
update person_words set value = '+' || regexp_replace(value, '\D', '', 'g') where field = 'phone' and value ~ '^\s*\+.*[^+\d]';
update recipients set phone = '+' || regexp_replace(phone, '\D', '', 'g') where phone ~ '^\s*\+.*[^+\d]';

-- whoever has the link of a reward reads what was said on its page, and nothing that was said elsewhere; null: raised before this
alter table disputes add column raised_on uuid references grants;

-- until now the page of any reward led there, whoever had its link: those ways end
update recipients set link_version = link_version + 1 where erased_at is null;
