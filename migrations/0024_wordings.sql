-- Why a grant waits, and why a message was not sent, for people of any language: see src/wordings.ts. Beside the English words,
-- and only good for those that stand in `of`: whoever writes other words need not know of it.
alter table grants add column waiting_wording jsonb;   -- { of, wording }
alter table messages add column reason_wording jsonb;
