/** A workspace with people in it: a rep in Rome, one in New York, and customers; an HTTP door; and a clock that stands still. */
import { createApp } from "../../src/http/app.ts";
import { listen } from "../../src/http/listen.ts";
import { recipientParts } from "../../src/http/recipient-parts.ts";
import { writeClaimToken } from "../../src/pipeline/claim-token.ts";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { loadGrant } from "../../src/pipeline/grant-view.ts";
import { notify } from "../../src/pipeline/notify.ts";
import { writePersonToken } from "../../src/pipeline/person-token.ts";
import { sweep } from "../../src/pipeline/settle.ts";
import { importCodes } from "../../src/rewards/index.ts";
import { testParts } from "../http/parts.ts";
import { CLIENT_SECRET, deliver, type HubSpotEvent, hubspotEvent } from "./hubspot-door.ts";
import { clockAt, openBench } from "./workspace.ts";

/** A public VAPID key, made for these tests. */
export const PUSH_KEY = "BEl62iUYgUivxIkv69yViEuiBIa-Ib9-SkvMeAtA3LFgDzkrxZJjSgSnfckjBJuBkr3qBUYIHBQFLXYp5Nksh8U";
export const SECRET_KEY = "a-secret-key-for-these-tests-that-is-long-enough";
export const ADMIN = "paolo-token-of-these-tests-only";

const rules = `
rewards:
  - { id: points, title: { en: Points for the shop, it: Punti per lo shop }, provider: points }
  - { id: code, title: { en: A coffee on us, it: Un caffè offerto da noi }, provider: codes, pool: x, value: 5 EUR }
offers:
  - { id: coffee, give: code, cost: 500 points, stock: 2 }
  - { id: cheap, give: code, cost: 100 points }
  - { id: funded, give: code, cost: 10 points, budget: perks }
  - { id: asked, give: code, cost: 10 points, approval: always by manager }
budgets:
  - { id: perks, amount: 7 EUR }
rules:
  - id: won
    title: { en: Deal won, it: Trattativa vinta }
    on: deal.won
    where: [deal.amount >= 1000]
    reward: { to: owner, give: points, value: 600 points }
    notify: [email, sms]
    from: 2026-01-01
  - id: customer
    title: { en: Thank you for your order, it: Grazie per il tuo ordine }
    on: deal.won
    where: [deal.amount >= 1000]
    reward: { to: contact, give: code }
    notify: [email, sms]
    from: 2026-01-01
`;

const people = `people:
  - { name: Giulia Bianchi, email: giulia@acme.example, phone: "+39 347 123 4567", language: it, timeZone: Europe/Rome, team: EMEA, crm: { hub: "77" } }
  - { name: Tom Baker, email: tom@acme.example, phone: "+1 212 555 0123", language: en, timeZone: America/New_York, crm: { hub: "78" } }
`;

export const openPeopleBench = async (start = "2026-11-20T10:00:00Z", settings = "quietHours: off") => {
  const clock = clockAt(start);
  const bench = await openBench(
    {
      config: `workspace: { name: Acme Rewards, ${settings} }
connections:
  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }
providers:
  points: { provider: points }
  codes: { provider: code-pool, lowStock: 0 }
channels:
  email: { sender: outbox }
  sms: { sender: outbox }
people: people.yaml
users:
  - { email: paolo@acme.example, name: Paolo Ferri, roles: [admin], token: ${ADMIN} }
  - { email: vera@acme.example, name: Vera Moro, roles: [viewer], token: ${ADMIN}-vera }
`,
      rules: { "all.yaml": rules },
      people,
      env: { ACCOLADE_SECRET_KEY: SECRET_KEY },
    },
    clock,
  );
  const { corridor, database } = bench.opened;
  const codes = Array.from({ length: 50 }, (_, n) => `CODE-${n}`);
  await importCodes(database, corridor.sealer, "x", `code\n${codes.join("\n")}`, clock.now());
  const parts = testParts({ publicUrl: corridor.publicUrl, corridor, ...recipientParts(corridor, PUSH_KEY) });
  const serve = () => listen(createApp(parts), 0, { host: "127.0.0.1" });
  const server = await serve();
  const door = `http://127.0.0.1:${server.port}`;
  let deals = 0;

  const people_ = {
    ...bench,
    clock,
    corridor,
    database,
    door,
    /** Another door to the same workspace, whose limits have counted nothing yet. */
    serve,
    async tell(...events: HubSpotEvent[]): Promise<void> {
      await deliver(bench, "hub", events);
      await bench.drain();
    },
    contact: (id: number, propertyName: string, propertyValue: string): HubSpotEvent =>
      hubspotEvent({
        subscriptionType: "contact.propertyChange",
        objectId: id,
        occurredAt: clock.now().getTime(),
        propertyName,
        propertyValue,
      }),
    /** A deal of this owner is won, with this customer where one is named; gives the deal's id. */
    async won(
      owner: "77" | "78",
      { name = "Rossi", contact }: { name?: string; contact?: number } = {},
    ): Promise<string> {
      const objectId = ++deals;
      const occurredAt = clock.now().getTime();
      const changes = { dealname: name, amount: "62000", hubspot_owner_id: owner, dealstage: "closedwon" };
      const association = hubspotEvent({
        subscriptionType: "deal.associationChange",
        associationType: "DEAL_TO_CONTACT",
        fromObjectId: objectId,
        toObjectId: contact,
        associationRemoved: false,
        isPrimaryAssociation: false,
        occurredAt,
      });
      await people_.tell(
        ...(contact === undefined ? [] : [association]),
        ...Object.entries(changes).map(([propertyName, propertyValue]) =>
          hubspotEvent({ subscriptionType: "deal.propertyChange", objectId, occurredAt, propertyName, propertyValue }),
        ),
      );
      return String(objectId);
    },
    /** The grant that a deal brought under a rule. */
    async grantOf(deal: string, rule = "won"): Promise<string> {
      const row = await database.row<{ id: string }>(
        "select g.id from grants g join milestones m on m.id = g.milestone_id where m.subject_id = $1 and g.rule_id = $2",
        [deal, rule],
      );
      return row?.id ?? "";
    },
    /** Orders and sends what is due, as the workers do, until nothing is. */
    async work(): Promise<void> {
      for (let round = 0; round < 5; round++) {
        const grants = await database.rows<{ id: string }>(
          "select id from grants where state in ('approved', 'ordering', 'unknown') and not_before <= $1",
          [clock.now()],
        );
        for (const { id } of grants) await fulfil(corridor, id);
        const messages = await database.rows<{ id: string }>(
          "select id from messages where state = 'queued' and not_before <= $1",
          [clock.now()],
        );
        for (const { id } of messages) await notify(corridor, id);
        await sweep(corridor);
      }
    },
    messages: (deal: string, rule = "won") =>
      database.rows<{ channel: string; state: string; reason: string | null; quiet_until: Date | null }>(
        `select n.channel, n.state, n.reason, n.quiet_until from messages n join grants g on g.id = n.grant_id
         join milestones m on m.id = g.milestone_id where m.subject_id = $1 and g.rule_id = $2 order by n.created_at, n.id`,
        [deal, rule],
      ),
    async waiting(deal: string, rule = "won"): Promise<string | null> {
      const row = await database.row<{ waiting: string | null }>("select waiting from grants where id = $1", [
        await people_.grantOf(deal, rule),
      ]);
      return row?.waiting ?? null;
    },
    async personOf(email: string): Promise<string> {
      const row = await database.row<{ id: string }>("select id from recipients where lower(email) = lower($1)", [
        email,
      ]);
      return row?.id ?? "";
    },
    /** Below the door: somebody's own page. */
    async ownPage(email: string): Promise<string> {
      const row = await database.row<{ id: string; link_version: number }>(
        "select id, link_version from recipients where lower(email) = lower($1)",
        [email],
      );
      const expiresAt = new Date(clock.now().getTime() + 90 * 86_400_000);
      return `/me/${writePersonToken(corridor.sealer, { id: row?.id ?? "", version: row?.link_version ?? 1, expiresAt })}`;
    },
    /** Below the door: the page of a grant, as a message's link leads to it. */
    async pageOf(grantId: string): Promise<string> {
      const grant = await loadGrant(database, grantId);
      const expiresAt = new Date(clock.now().getTime() + 90 * 86_400_000);
      return `/me/${writeClaimToken(corridor.sealer, { grantId, version: grant?.claim_version ?? 1, expiresAt })}`;
    },
    async close(): Promise<void> {
      await server.close(0);
      await bench.close();
    },
  };
  return people_;
};
export type PeopleBench = Awaited<ReturnType<typeof openPeopleBench>>;
