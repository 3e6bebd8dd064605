/** A workspace whose rewards come from vendors or from a person's hands: deals are won, ordered and told of step by step. */
import { createApp } from "../../src/http/app.ts";
import { listen } from "../../src/http/listen.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { revealClaim, viewClaim } from "../../src/pipeline/claim.ts";
import { writeClaimToken } from "../../src/pipeline/claim-token.ts";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { notify } from "../../src/pipeline/notify.ts";
import { testParts } from "../http/parts.ts";
import { CLIENT_SECRET, deliver, hubspotEvent } from "./hubspot-door.ts";
import { clockAt, openBench } from "./workspace.ts";

export const KEY = "a-secret-key-for-these-tests-that-is-long-enough";
export const tokenOf = (name: string) => `${name}-token-of-these-tests-only`;

const user = (name: string, roles: string) =>
  `  - { email: ${name}@acme.example, name: ${name[0]?.toUpperCase()}${name.slice(1)}, roles: [${roles}], token: ${tokenOf(name)} }\n`;

/** `providers`, `rewards`: lines of YAML. Each reward is given for a deal whose name begins with its id; `rule`: more keys of its rule. */
export const openGiftBench = async (
  {
    providers,
    rewards,
    budget = "100000 EUR",
  }: {
    providers: readonly string[];
    rewards: readonly { id: string; yaml: string; rule?: string }[];
    budget?: string;
  },
  start = "2026-11-23T12:00:00Z",
) => {
  const clock = clockAt(start);
  const rules = rewards.map(
    ({ id, rule = "from: 2026-01-01" }) =>
      `  - { id: ${id}, title: For ${id}, on: deal.won, where: ['deal.name.startsWith("${id}")'], reward: { to: owner, give: ${id} }, notify: [email], budget: all, ${rule} }`,
  );
  const bench = await openBench(
    {
      config: `workspace: { name: Acme Rewards, language: en }
connections:
  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }
providers:
${providers.map((line) => `  ${line}`).join("\n")}
channels:
  email: { sender: outbox }
people: people.yaml
users:
${user("edda", "editor")}${user("anna", "approver")}${user("vera", "viewer")}`,
      rules: {
        "all.yaml": `budgets:
  - { id: all, amount: ${budget}, from: 2026-01-01, until: 2030-01-01 }
rewards:
${rewards.map(({ id, yaml }) => `  - { id: ${id}, title: { en: A gift, it: Un dono }, ${yaml} }`).join("\n")}
rules:
${rules.join("\n")}
`,
      },
      people: `people:
  - { name: Giulia Bianchi, email: giulia@acme.example, language: it, crm: { hub: "77" } }
  - { name: Tom Baker, email: tom@acme.example, language: en, crm: { hub: "78" } }
`,
      env: { ACCOLADE_SECRET_KEY: KEY },
    },
    clock,
  );
  const { corridor, database } = bench.opened;
  const parts = testParts({
    publicUrl: corridor.publicUrl,
    corridor,
    claim: (token) => viewClaim(corridor, token),
    reveal: (token) => revealClaim(corridor, token),
  });
  const server = await listen(createApp(parts), 0, { host: "127.0.0.1" });
  const door = `http://127.0.0.1:${server.port}`;
  let deals = 0;
  const grantOf = async (deal: string) =>
    (
      await database.row<{ id: string }>(
        "select g.id from grants g join milestones m on m.id = g.milestone_id where m.subject_id = $1",
        [deal],
      )
    )?.id ?? "";
  const change = async (deal: string, changes: Record<string, string>) => {
    const events = Object.entries(changes).map(([propertyName, propertyValue]) =>
      hubspotEvent({
        subscriptionType: "deal.propertyChange",
        objectId: Number(deal),
        occurredAt: clock.now().getTime(),
        propertyName,
        propertyValue,
      }),
    );
    await deliver(bench, "hub", events);
    await bench.drain();
  };

  return {
    ...bench,
    clock,
    corridor,
    database,
    door,
    /** A deal of this owner is won, for this reward; gives the deal and its grant, which is `approved`. */
    async won(reward: string, owner: "77" | "78" = "78") {
      const deal = String(++deals);
      await change(deal, {
        dealname: `${reward} ${deal}`,
        amount: "62000",
        hubspot_owner_id: owner,
        dealstage: "closedwon",
      });
      return { deal, grant: await grantOf(deal) };
    },
    change,
    /** The same, ordered as far as its provider takes it. */
    async ordered(reward: string, owner: "77" | "78" = "78") {
      const won = await this.won(reward, owner);
      await fulfil(corridor, won.grant);
      return won;
    },
    grant: async (id: string) => {
      const row = await database.row<{
        state: string;
        waiting: string | null;
        not_before: Date;
        claimed_at: Date | null;
      }>("select state, waiting, not_before, claimed_at from grants where id = $1", [id]);
      if (!row) throw new Error("no such grant");
      return row;
    },
    moves: (id: string) =>
      database.rows<{ to_state: string; actor: string; why: string }>(
        "select to_state, actor, why from grant_moves where grant_id = $1 order by id",
        [id],
      ),
    attempts: async (id: string) =>
      (await database.rows<{ what: string }>("select what from attempts where grant_id = $1 order by id", [id])).map(
        ({ what }) => what,
      ),
    /** What the budget still holds, in cents. */
    budget: async () =>
      (
        await database.row<{ minor: number }>(
          "select balance_minor as minor from ledger_accounts where code = 'budget:all'",
        )
      )?.minor,
    faults: () => database.transaction(async (tx) => (await verifyLedger(tx)).faults),
    /** Sends what is queued; gives what stands in the outbox of this grant, oldest first. */
    async told(grantId: string) {
      const queued = await database.rows<{ id: string }>("select id from messages where state = 'queued'");
      for (const { id } of queued) await notify(corridor, id);
      return database.rows<{ kind: string; address: string; subject: string; text: string }>(
        `select m.kind, o.address, o.subject, o.text from outbox o join messages m on m.id = o.message_id
         where m.grant_id = $1 order by o.id`,
        [grantId],
      );
    },
    /** The recipient's page; `reveal`: after they asked for it. */
    async page(grantId: string, reveal = false): Promise<string> {
      const expiresAt = new Date(clock.now().getTime() + 90 * 86_400_000);
      const token = writeClaimToken(corridor.sealer, { grantId, version: 1, expiresAt });
      const answer = await fetch(`${door}/me/${token}${reveal ? "/reveal" : ""}`, { method: reveal ? "POST" : "GET" });
      return answer.text();
    },
    async call(name: string, method: "GET" | "POST", path: string, body?: unknown) {
      const answer = await fetch(`${door}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${tokenOf(name)}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    },
    async close() {
      await server.close(0);
      await bench.close();
    },
  };
};
export type GiftBench = Awaited<ReturnType<typeof openGiftBench>>;
