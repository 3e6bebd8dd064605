/** Counts by asking every moment, with nothing of what the metrics are made of. */
import { DateTime } from "luxon";

export const ZONE = "Europe/Rome";
/** Around the night on which Rome's clocks go back, and a change of month. */
const START = Date.parse("2026-10-20T07:30:00Z");
const SIX_HOURS = 6 * 3_600_000;
const moment = (step: number) => START + step * SIX_HOURS;
export const instant = (step: number): string => new Date(moment(step)).toISOString();

/** A change of one of three deals, two companies, two reps or a contact; ids get the number of the run. */
export type Change = { record: string; what: string; at: number; fields: Record<string, string | number | boolean> };

const edges = (over: string, day: string): [number, number] => {
  const zoned = DateTime.fromISO(day, { zone: ZONE });
  return over === "all time"
    ? [0, zoned.plus({ days: 1 }).toMillis()]
    : [zoned.startOf(over as "day").toMillis(), zoned.endOf(over as "day").toMillis() + 1];
};

/** What was told of one record, oldest first. */
const seen = (changes: readonly Change[], name: string) => {
  const own = changes.filter(({ record }) => record === name);
  const steps = (field: string) =>
    own
      .flatMap(({ what, at, fields }) => {
        const all: Change["fields"] = { ...typeFields(what, at), ...fields };
        return all[field] === undefined ? [] : [{ at: moment(at), value: all[field] }];
      })
      .sort((a, b) => a.at - b.at || (JSON.stringify(a.value) < JSON.stringify(b.value) ? -1 : 1));
  const at = (field: string, time: number) =>
    (steps(field).findLast((each) => each.at <= time) ?? steps(field)[0])?.value;
  return { own, steps, at, last: (field: string) => steps(field).at(-1)?.value };
};

const lastTurn = (steps: readonly { at: number; value: unknown }[]) =>
  steps.findLast((each, index) => index === 0 || steps[index - 1]?.value !== each.value);

/** Asked moment by moment, with nothing of what the metrics are made of: was this deal open, and whose was it? */
export const closeRateByForce = (changes: readonly Change[], owner: string, over: string, day: string) => {
  const [from, until] = edges(over, day);
  let [won, open] = [0, 0];
  for (const name of ["deal/a", "deal/b", "deal/c"]) {
    const { own, steps, at, last } = seen(changes, name);
    if (own.length === 0 || last("exists") === false || last("merged_into") !== undefined) continue;
    const statuses = steps("status");
    const isClosed = (value: unknown) => value === "won" || value === "lost";
    const created = steps("created_at")[0]?.at ?? steps("exists").find(({ value }) => value === true)?.at;
    const born = Math.min(
      created ?? Math.min(...own.map((each) => START + each.at * SIX_HOURS)),
      statuses[0]?.at ?? Number.POSITIVE_INFINITY,
      steps("stage")[0]?.at ?? Number.POSITIVE_INFINITY,
    );
    const openAt = (moment: number) => {
      if (moment < born) return false;
      const before = statuses.filter((each) => each.at < moment).at(-1);
      const now = statuses.filter((each) => each.at <= moment).at(-1);
      // the moment at which it closes still counts: it was open until then
      return !isClosed(before?.value) || !isClosed(now?.value) || closedAndOpenedNow(statuses, moment);
    };
    const moments = [
      from,
      born,
      ...own.flatMap((each) => [START + each.at * SIX_HOURS, START + each.at * SIX_HOURS - 5_000]),
    ];
    const inWindow = moments.filter((moment) => moment >= from && moment < until);
    if (inWindow.some((moment) => openAt(moment) && at("owner", moment + 5_000) === owner)) open += 1;
    const close = lastTurn(statuses);
    if (
      last("status") === "won" &&
      close &&
      close.at >= from &&
      close.at < until &&
      at("owner", close.at + 5_000) === owner
    )
      won += 1;
  }
  return { value: open === 0 ? null : won / open, sample: open };
};

/** Several statuses told for one moment: they follow one another within it. */
const closedAndOpenedNow = (statuses: readonly { at: number; value: unknown }[], moment: number) =>
  statuses.some((each) => each.at === moment && each.value === "open");

const typeFields = (what: string, at: number): Change["fields"] =>
  what === "created"
    ? { exists: true, created_at: instant(at) }
    : what === "deleted"
      ? { exists: false }
      : what === "restored"
        ? { exists: true }
        : {};

const rates = {
  EUR: () => 1,
  USD: (time: number) => (time < Date.parse("2026-10-25T23:00:00Z") ? 0.5 : 0.8),
  JPY: () => 0,
};

/** The first of the deals that stand as won, of each company that remains, else of the contact. */
export const newRevenueByForce = (changes: readonly Change[], owner: string, over: string, day: string): number => {
  const [from, until] = edges(over, day);
  const remains = (company: string): string | null => {
    const into = (one: string) => seen(changes, `company/${one}`).last("merged_into");
    const next = into(company);
    // two that were merged into each other are both gone
    return next === undefined ? company : into(String(next)) === undefined ? String(next) : null;
  };
  const wins = ["deal/a", "deal/b", "deal/c"].flatMap((name) => {
    const { steps, at, last } = seen(changes, name);
    const close = lastTurn(steps("status"));
    if (last("status") !== "won" || !close || last("exists") === false || last("merged_into") !== undefined) return [];
    const then = (field: string) => at(field, close.at + 5_000);
    const company = then("company");
    const buyer = company !== undefined ? remains(String(company)) : then("contact:p") === true ? "contact" : null;
    const currency = String(then("currency") ?? "EUR") as keyof typeof rates;
    const amount = Number(then("amount") ?? 0) * rates[currency](close.at);
    return buyer === null
      ? []
      : [{ name, at: close.at, buyer, amount: Math.round(amount * 100 + 1e-6) / 100, owner: then("owner") }];
  });
  const first = wins.filter((win) =>
    wins.every(
      (other) => other.buyer !== win.buyer || other.at > win.at || (other.at === win.at && other.name >= win.name),
    ),
  );
  return first
    .filter((win) => win.owner === owner && win.at >= from && win.at < until)
    .reduce((sum, { amount }) => sum + amount, 0);
};
