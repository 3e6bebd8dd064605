-- Whether any rule matched a milestone when it was judged: what matched none is not read and judged again with each change of
-- its record. Null: judged before this was kept.
alter table milestones add column matched boolean;
