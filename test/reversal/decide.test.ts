/** The rows of docs/reversal.md that `decide` does, played with a CRM's own deliveries. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { at, lost, set, won } from "../support/deals.ts";
import { CLIENT_SECRET, deliver, type HubSpotEvent } from "../support/hubspot-door.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";
import { readTable } from "./table.ts";

const WON = at("2026-11-20T09:00");
/** A rule whose grants begin in each of these states. */
const rules: Record<string, string> = {
  shadow: "mode: shadow",
  held: "hold: 14 days while won",
  awaiting_approval: "approval: always by manager",
  approved: "notify: [email]",
};
let bench: Bench;
beforeAll(async () => {
  bench = await openBench(
    {
      config: `connections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }\nproviders:\n  points: { provider: points }\n`,
      rules: {
        "all.yaml": `rewards:\n  - { id: p, title: P, provider: points, value: 10 points }\nrules:\n${Object.entries(
          rules,
        )
          .map(
            ([state, keys]) =>
              `  - { id: ${state}, title: T, on: deal.won, reward: { to: owner, give: p }, ${keys}, from: 2026-01-01 }\n`,
          )
          .join("")}`,
      },
    },
    clockAt("2026-11-23T12:00:00Z"),
  );
});
afterAll(() => bench.close());

const tell = async (...events: HubSpotEvent[]) => {
  await deliver(bench, "hub", events);
  await bench.drain();
};
const stateOf = async (rule: string, deal: number) =>
  (
    await bench.opened.database.row<{ state: string }>(
      "select g.state from grants g join milestones m on m.id = g.milestone_id where g.rule_id = $1 and m.subject_id = $2",
      [rule, String(deal)],
    )
  )?.state;
/** `what: account → account` of each posting of the grant, in order. */
const postings = async (rule: string, deal: number) =>
  (
    await bench.opened.database.rows<{ line: string }>(
      `select p.what || ': ' || min(a.code) filter (where e.amount_minor < 0) || ' → ' || min(a.code) filter (where e.amount_minor > 0) as line
       from grants g join milestones m on m.id = g.milestone_id join ledger_postings p on p.grant_id = g.id
       join ledger_entries e on e.posting_id = p.id join ledger_accounts a on a.id = e.account_id
       where g.rule_id = $1 and m.subject_id = $2 group by p.id, p.what order by p.id`,
      [rule, String(deal)],
    )
  ).map(({ line }) => line);

const rows = readTable().filter((row) => row.by === "decide");

test("the page has a row for each state that deciding leaves and enters", () => {
  expect(rows.filter(({ to }) => to.at(-1) === "cancelled").map(({ from }) => from)).toEqual(Object.keys(rules));
  expect(rows.filter(({ from }) => from === "cancelled").map(({ to }) => to.at(-1))).toEqual(Object.keys(rules));
});

test.each(rows.map((row, index) => [`${row.from}, ${row.event} → ${row.to.at(-1)}`, row, index] as const))(
  "%s",
  async (_, row, index) => {
    const deal = 100 + index;
    const rule = row.from === "cancelled" ? (row.to.at(-1) ?? "") : row.from;
    await tell(...won(deal, WON));
    if (row.from === "cancelled") await tell(lost(deal, WON + 60_000));
    expect(await stateOf(rule, deal)).toBe(row.from);
    const before = await postings(rule, deal);
    await tell(
      row.from === "cancelled" ? set(deal, WON + 120_000, "dealstage", "closedwon") : lost(deal, WON + 60_000),
    );
    expect(await stateOf(rule, deal)).toBe(row.to.at(-1));
    expect((await postings(rule, deal)).slice(before.length)).toEqual(row.postings);
  },
);
