-- contract
-- Which migrations a version that does not know them can live with: it may be started on a database that has them.
alter table migrations add column expands boolean not null default false;
