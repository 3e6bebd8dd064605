/** The corridor with three vendors of gift cards, a pool and a clock of its own: rewards that several of them can supply. */
import type { Sql } from "../../src/db/sql.ts";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { at, won } from "./deals.ts";
import { type GiftbitApi, startGiftbitApi } from "./giftbit-api.ts";
import { CLIENT_SECRET, deliver } from "./hubspot-door.ts";
import { ACCOUNT, CUSTOMER, startTangoApi, type TangoApi } from "./tango-api.ts";
import { startTremendousApi, type TremendousApi } from "./tremendous-api.ts";
import { type Bench, type Clock, clockAt, openBench } from "./workspace.ts";

export interface SeenGrant {
  id: string;
  state: string;
  waiting: string | null;
  provider: string;
  not_before: Date;
  moves: string[];
  attempts: string[];
}

export interface RoutingBench {
  bench: Bench;
  clock: Clock;
  tremendous: TremendousApi;
  tango: TangoApi;
  giftbit: GiftbitApi;
  sql: Sql;
  /** A deal won by this owner; gives the grants that came of it. */
  win(owner?: string): Promise<string[]>;
  /** One job for each grant that is due. Gives how many there were. */
  work(): Promise<number>;
  /** Works and lets time pass, until nothing moves within this time. */
  workFor(ms: number): Promise<void>;
  grant(id: string): Promise<SeenGrant>;
  /** Orders that stand at any vendor, by key. */
  standing(): Map<string, number>;
  close(): Promise<void>;
}

export const SECRET_KEY = "a-secret-key-for-these-tests-that-is-long-enough";

export const openRoutingBench = async (rewards: string, moreRules = ""): Promise<RoutingBench> => {
  const [tremendous, tango, giftbit] = await Promise.all([startTremendousApi(), startTangoApi(), startGiftbitApi()]);
  tremendous.behaviour.balance = 1_000_000;
  for (const id of ["amazon-it", "visa-eu", "a"])
    tremendous.products.push({
      id,
      name: id,
      description: "",
      category: "merchant_card",
      disclosure: "",
      currency_codes: ["EUR"],
      countries: [],
      images: [],
    });
  tango.behaviour.balance = 1_000_000;
  const clock = clockAt("2026-11-23T12:00:00Z");
  const bench = await openBench(
    {
      config: `
workspace: { currency: EUR, timeZone: Europe/Rome, rates: { USD: 0.9 } }
connections:
  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }
providers:
  points: { provider: points }
  codes: { provider: code-pool }
  tremendous: { provider: tremendous, environment: sandbox, apiKey: ${tremendous.apiKey}, apiBase: "${tremendous.url}", timeoutMs: 500 }
  tango: { provider: tango, environment: sandbox, platformName: ${tango.platformName}, platformKey: ${tango.platformKey}, customer: ${CUSTOMER}, account: ${ACCOUNT}, apiBase: "${tango.url}", timeoutMs: 500, lowBalance: 200 }
  giftbit: { provider: giftbit, environment: testbed, apiKey: ${giftbit.apiKey}, apiBase: "${giftbit.url}", timeoutMs: 500 }
channels:
  email: { sender: outbox }
people: people.yaml
`,
      rules: {
        "all.yaml": `${rewards}
rules:
  - { id: won, title: Won, on: deal.won, reward: { to: owner, give: card }, from: 2026-01-01 }
${moreRules}`,
      },
      people: `
people:
  - { name: Giulia Bianchi, email: giulia@acme.example, phone: "+39 347 123 4567", crm: { hub: "77" } }
  - { name: Karl Meyer, email: karl@acme.example, timeZone: Europe/Berlin, crm: { hub: "78" } }
  - { name: Nemo, email: nemo@acme.example, crm: { hub: "79" } }
`,
      env: { ACCOLADE_SECRET_KEY: SECRET_KEY },
    },
    clock,
  );
  const { database, corridor } = bench.opened;
  let deal = 0;

  const work = async () => {
    const due = await database.rows<{ id: string }>(
      "select id from grants where state in ('approved', 'ordering', 'unknown') and not_before <= $1 order by id",
      [clock.now()],
    );
    await Promise.all(due.map(({ id }) => fulfil(corridor, id)));
    return due.length;
  };
  return {
    bench,
    clock,
    tremendous,
    tango,
    giftbit,
    sql: database,
    async win(owner = "77") {
      deal += 1;
      await deliver(bench, "hub", won(deal, at("2026-11-23T11:00"), { owner }));
      await bench.drain();
      const rows = await database.rows<{ id: string }>(
        "select g.id from grants g join milestones m on m.id = g.milestone_id where m.subject_id = $1 order by g.part",
        [String(deal)],
      );
      return rows.map(({ id }) => id);
    },
    work,
    async workFor(ms) {
      const end = clock.now().getTime() + ms;
      for (;;) {
        if ((await work()) > 0) continue;
        const next = await database.row<{ at: Date | null }>(
          "select min(not_before) as at from grants where state in ('approved', 'ordering', 'unknown')",
        );
        if (!next?.at || next.at.getTime() > end) break;
        clock.advance(Math.max(1, next.at.getTime() - clock.now().getTime()));
      }
      clock.advance(Math.max(0, end - clock.now().getTime()));
    },
    async grant(id) {
      const row = await database.row<SeenGrant>(
        `select id, state, waiting, provider, not_before,
           array(select to_state || ': ' || why from grant_moves where grant_id = g.id order by id) as moves,
           array(select target || ' ' || what || ' ' || coalesce(outcome, 'open') from attempts where grant_id = g.id order by id) as attempts
         from grants g where id = $1`,
        [id],
      );
      if (!row) throw new Error(`no grant ${id}`);
      return row;
    },
    standing() {
      const keys = [
        ...tremendous.orders.filter(({ status }) => status !== "CANCELED").map(({ body }) => body.external_id),
        ...tango.orders.map(({ body }) => body.externalRefID),
        ...giftbit.campaigns.filter(({ gift }) => gift.status !== "GIVER_CANCELLED").map(({ body }) => body.id),
      ];
      const counted = new Map<string, number>();
      for (const key of keys) counted.set(key, (counted.get(key) ?? 0) + 1);
      return counted;
    },
    async close() {
      await bench.close();
      await Promise.all([tremendous.close(), tango.close(), giftbit.close()]);
    },
  };
};
