-- What comes back from senders: receipts of messages, what recipients said, and the addresses that are not written to any more.

-- receipt: one thing that a vendor told of a message, or that a recipient said. Kept before it is applied, in one transaction.
create table receipts (
  id bigint generated always as identity primary key,
  channel text not null,
  key text not null,                           -- the same whenever the vendor repeats it
  what text not null check (what in ('state', 'heard')),
  reference text,                              -- the vendor's reference of the message, or
  message_key text,                            -- our own key of it
  message_id uuid references messages,         -- null: not known yet, or none of ours
  state text check (state in ('sent', 'delivered', 'read', 'failed')),
  code text,
  detail text,
  address text check (address in ('bad', 'optedOut', 'complained')),
  at timestamptz not null,                     -- as the vendor says
  received_at timestamptz not null,
  unique (channel, key),
  check (what = 'heard' or (state is not null and (reference is null) <> (message_key is null)))
);
create index receipts_waiting on receipts (channel, reference) where message_id is null and reference is not null;
create index receipts_strangers on receipts (received_at) where message_id is null;
create index receipts_message on receipts (message_id);

alter table messages
  add column address_digest text,              -- keyed hash of the address that it was sent to
  add column settled_at timestamptz;           -- when its newest receipt moved it
create index messages_of_sender on messages (channel, reference) where reference is not null;

-- addresses that are not to be written to on a channel. A keyed hash, so that one stays suppressed when its person is erased.
create table suppressions (
  channel text not null,
  address_digest text not null,
  kind text not null default 'all',            -- of message; 'all': whatever it says
  why text not null check (why in ('bad', 'optedOut', 'complained')),
  source text not null,                        -- 'twilio', 'unsubscribe', 'heard'
  evidence text,                               -- the vendor's code, the words that were said, the message
  since timestamptz not null,
  until timestamptz,                           -- null: until the person takes it back
  primary key (channel, address_digest, kind, why)
);

-- who agreed to be written to, where a channel asks for it, and when they last wrote: WhatsApp's window is open for 24 hours from then
create table agreements (
  channel text not null,
  address_digest text not null,
  agreed_at timestamptz,
  source text,
  heard_at timestamptz,                        -- when the person last wrote to us
  primary key (channel, address_digest)
);

-- a grant of which nobody could be told is looked at again from then on
alter table grants add column reach_at timestamptz not null default '-infinity';
