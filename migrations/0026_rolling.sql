-- contract
-- Which migrations a version that does not know them can live with: it may be started on a database that has them.
-- A schema that is made only to try rules in has no such table.
alter table if exists migrations add column if not exists expands boolean not null default false;
