-- expand
-- What deciding writes most, written for less.

-- These references were looked at for every row, and each look locked the row that it found: for facts that was more than half of
-- the time. A row and what it points at are written by one transaction, or the latter long before, and nothing takes it away. The
-- references that money hangs on stay.
alter table facts drop constraint facts_event_id_fkey;
alter table milestones drop constraint milestones_event_id_fkey, drop constraint milestones_rule_version_fkey;
alter table events drop constraint events_inbox_id_fkey;

-- Changed again and again in columns that no index has: with room on their page they stay there, and no index is written.
alter table metric_cells set (fillfactor = 70);
alter table metric_contributions set (fillfactor = 80);
