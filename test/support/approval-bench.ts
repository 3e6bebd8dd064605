/** A workspace in which rewards wait for people: users with tokens, an HTTP door, and a clock that stands still. */

import { createApp } from "../../src/http/app.ts";
import { listen } from "../../src/http/listen.ts";
import type { Claim } from "../../src/http/parts.ts";
import { revealClaim, viewClaim } from "../../src/pipeline/claim.ts";
import { writeClaimToken } from "../../src/pipeline/claim-token.ts";
import { raiseDispute } from "../../src/pipeline/disputes.ts";
import { notify } from "../../src/pipeline/notify.ts";
import { sweep } from "../../src/pipeline/settle.ts";
import { syncEndpoints } from "../../src/pipeline/tell-endpoints.ts";
import { testParts } from "../http/parts.ts";
import { CLIENT_SECRET, deliver, hubspotEvent } from "./hubspot-door.ts";
import { type Clock, clockAt, openBench } from "./workspace.ts";

/** Made for these tests, by first name. */
export const tokenOf = (name: string) => `${name}-token-of-these-tests-only`;
export const KEY = "a-secret-key-for-these-tests-that-is-long-enough";

const user = (name: string, surname: string, roles: string, groups = "") =>
  `  - { email: ${name}@acme.example, name: ${name[0]?.toUpperCase()}${name.slice(1)} ${surname}, roles: [${roles}], groups: [${groups}], token: ${tokenOf(name)} }\n`;

/** What the bench begins with; more rules can be written behind it, and budgets before it. */
export const salesRules = `rewards:
  - { id: p, title: { en: Points for the shop, it: Punti per lo shop }, provider: points }
rules:
  - id: big
    title: { en: Big deal, it: Grande trattativa }
    on: deal.won
    where: [deal.amount >= 1000]
    reward: { to: owner, give: p, value: 300 points }
    notify: [email]
    from: 2026-01-01
`;

const files = {
  config: `workspace: { name: Acme Rewards }
connections:
  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }
providers:
  points: { provider: points }
channels:
  email: { sender: outbox }
webhooks:
  - { id: desk, url: "http://127.0.0.1:9/", secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, allowPrivate: true }
people: people.yaml
users:
${user("anna", "Conti", "approver", "finance")}${user("paolo", "Ferri", "admin", "finance")}${user("gino", "Sala", "approver", "sales")}${user("marco", "Neri", "approver")}${user("giulia", "Bianchi", "approver", "finance")}${user("edda", "Riva", "editor", "finance")}${user("vera", "Moro", "viewer")}`,
  rules: {
    "sales.yaml": salesRules,
  },
  people: `people:
  - { name: Giulia Bianchi, email: Giulia@acme.example, phone: "+39 347 123 4567", language: it, manager: marco@acme.example, crm: { hub: "77" } }
  - { name: Tom Baker, email: tom@acme.example, language: en, manager: marco@acme.example, crm: { hub: "78" } }
  - { name: Marco Neri, email: marco@acme.example, crm: { hub: "79" } }
`,
  env: { ACCOLADE_SECRET_KEY: KEY },
};

/** What the API says, as far as tests look into it; each route has its own part of this. */
export interface Answer {
  status: number;
  body: {
    state: string;
    message: string;
    next: string | null;
    approvals: { id: string; kind: string; grant: { id: string } | null; dispute: { text: string } | null }[];
    grants: { id: string }[];
    results: { id: string; ok: boolean }[];
    moves: { actor: string }[];
    explanation: {
      subject: string;
      rules: { rule: string; verdict: string; lines: { text: string; held: boolean }[] }[];
    }[];
  };
}

export const openApprovalBench = async (start = "2026-11-20T10:00:00Z") => {
  const clock: Clock = clockAt(start);
  const bench = await openBench(files, clock);
  const { corridor, database } = bench.opened;
  await syncEndpoints(corridor);
  const parts = testParts({
    publicUrl: corridor.publicUrl,
    corridor,
    claim: (token): Promise<Claim | undefined> => viewClaim(corridor, token),
    reveal: (token) => revealClaim(corridor, token),
    dispute: (token, complaint) => raiseDispute(corridor, token, complaint),
  });
  const serve = () => listen(createApp(parts), 0, { host: "127.0.0.1" });
  const server = await serve();
  const door = `http://127.0.0.1:${server.port}`;
  let deals = 0;

  return {
    ...bench,
    clock,
    corridor,
    database,
    door,
    /** Another door to the same workspace, whose limits have counted nothing yet. */
    serve,
    /** A deal of this owner (77 Giulia, 78 Tom) is won; gives the grant's id. */
    async won(owner: "77" | "78", name = "Rossi", amount = 62_000): Promise<string> {
      const objectId = ++deals;
      const changes = { dealname: name, amount: String(amount), hubspot_owner_id: owner, dealstage: "closedwon" };
      const events = Object.entries(changes).map(([propertyName, propertyValue]) =>
        hubspotEvent({
          subscriptionType: "deal.propertyChange",
          objectId,
          occurredAt: clock.now().getTime(),
          propertyName,
          propertyValue,
        }),
      );
      await deliver(bench, "hub", events);
      await bench.drain();
      const row = await database.row<{ id: string }>(
        "select g.id from grants g join milestones m on m.id = g.milestone_id where m.subject_id = $1",
        [String(objectId)],
      );
      return row?.id ?? "";
    },
    /** The grant waits for a person, as a rule's `approval:` would have it. */
    async waits(grantId: string, by = "finance", days = 7): Promise<string> {
      const until = new Date(clock.now().getTime() + days * 86_400_000);
      await database.run(
        "update grants set state = 'awaiting_approval', approval_by = $2, approval_days = $3, approval_until = $4 where id = $1",
        [grantId, by, days, until],
      );
      await sweep(corridor);
      const row = await database.row<{ id: string }>(
        "select id from approvals where grant_id = $1 and kind = 'grant' and state = 'open'",
        [grantId],
      );
      return row?.id ?? "";
    },
    /** Calls the API under somebody's token. */
    async call(name: string, method: "GET" | "POST", path: string, body?: unknown): Promise<Answer> {
      const answer = await fetch(`${door}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${tokenOf(name)}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: (await answer.json()) as Answer["body"] };
    },
    /** Sends what is queued; gives what stands in the outbox, newest first. */
    async sent() {
      const queued = await database.rows<{ id: string }>("select id from messages where state = 'queued'");
      for (const { id } of queued) await notify(corridor, id);
      return database.rows<{ address: string; subject: string; text: string; html: string; kind: string }>(
        "select o.address, o.subject, o.text, o.html, m.kind from outbox o join messages m on m.id = o.message_id order by o.id desc",
      );
    },
    stateOf: async (grantId: string) =>
      (await database.row<{ state: string }>("select state from grants where id = $1", [grantId]))?.state,
    /** What is reserved in all, in points. */
    reserved: async () =>
      (
        await database.row<{ minor: number }>(
          `select coalesce(sum(e.amount_minor), 0)::bigint as minor from ledger_entries e
           join ledger_accounts a on a.id = e.account_id where a.code = 'reserved'`,
        )
      )?.minor,
    /** The path of somebody's own page. */
    pageOf: (grantId: string) =>
      `/me/${writeClaimToken(corridor.sealer, { grantId, version: 1, expiresAt: new Date(clock.now().getTime() + 90 * 86_400_000) })}`,
    async close() {
      await server.close(0);
      await bench.close();
    },
  };
};
export type ApprovalBench = Awaited<ReturnType<typeof openApprovalBench>>;

/** Giulia owes 300 points of a grant that was used and undone; gives her id. */
export const owes = async (bench: ApprovalBench): Promise<string> => {
  const grant = await bench.won("77", "Undone");
  await bench.database.run(
    "insert into debts (grant_id, round, amount_minor, currency, since) values ($1, 1, 300, 'PTS', $2)",
    [grant, bench.clock.now()],
  );
  const row = await bench.database.row<{ id: string }>("select recipient_id as id from grants where id = $1", [grant]);
  return row?.id ?? "";
};

/** A reward of Tom's that somebody is to hand over; gives the task's id. */
export const toHandOver = async (bench: ApprovalBench): Promise<string> => {
  const grant = await bench.won("78", "By hand");
  await bench.database.run("update grants set state = 'issued' where id = $1", [grant]);
  await bench.database.run(
    "insert into orders (grant_id, provider, request, cost_minor) values ($1::uuid, 'desk', jsonb_build_object('key', $1::uuid), 300)",
    [grant],
  );
  const row = await bench.database.row<{ id: string }>(
    `insert into reward_tasks (id, provider, order_key, title, value_minor, currency, recipient_id, created_at)
     select gen_random_uuid(), 'desk', id::text, 'A mug', 1200, 'EUR', recipient_id, $2 from grants where id = $1 returning id`,
    [grant, bench.clock.now()],
  );
  return row?.id ?? "";
};
