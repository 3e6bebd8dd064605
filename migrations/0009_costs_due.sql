-- Costs change metrics without an event: the sums that they changed, until the next deciding has asked the rules about them.
create table metrics_due (
  cell text primary key                        -- as JSON: of, connection, id, series, days, key
);
