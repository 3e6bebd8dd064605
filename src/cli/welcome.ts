/** What `accolade serve` says to a person once it runs. */
import { existsSync } from "node:fs";
import path from "node:path";
import type { Config } from "../config.ts";
import { packageRoot } from "../package-root.ts";
import type { Corridor } from "../pipeline/corridor.ts";
import { isUntouched, playScene } from "../simulate/scene.ts";
import { journeyLine, quietLine } from "./journey-line.ts";

/** Plays the first scene on an empty database, and says what came of it; then what to open and try. */
export const sandboxWelcome = async (corridor: Corridor, config: Config, port: number): Promise<string[]> => {
  const scene = (await isUntouched(corridor)) ? await playScene(corridor, config, port) : undefined;
  const told = scene
    ? [
        "This is a sandbox: nothing leaves this machine. Two made-up CRMs have just sent their first webhooks:",
        "",
        ...[...scene.journeys.map(journeyLine), ...scene.quiet.map(quietLine)].map((line) => `  ${line}`),
      ]
    : [`This is a sandbox: nothing leaves this machine. ${await soFar(corridor)}`];
  return [
    "",
    ...told,
    "",
    `Accolade runs at ${config.publicUrl}. What to open and try next:`,
    "",
    ...(await next(corridor, config)),
  ];
};

/** The addresses for the CRMs, and where the steps are. */
export const workspaceWelcome = (config: Config): string[] => {
  const connections = [...config.connections.values()];
  const widest = Math.max(0, ...connections.map(({ id }) => id.length));
  return [
    "",
    `Accolade runs at ${config.publicUrl} for ${config.workspace.name}.`,
    connections.length === 0
      ? `${path.basename(config.file)} has no connections yet: docs/connect-hubspot.md and docs/connect-salesforce.md show how to add one.`
      : "Webhooks are taken at:",
    ...connections.map(
      ({ id, connector }) => `  ${id.padEnd(widest)}  ${webhookUrl(config, id)}  (${connector.label})`,
    ),
    "",
    `\`${command()} doctor\` checks everything, and shows the exact addresses and steps for each CRM.`,
  ];
};

export const webhookUrl = ({ publicUrl }: Config, connection: string): string => `${publicUrl}/webhooks/${connection}`;

const soFar = async ({ database }: Corridor): Promise<string> => {
  const count = await database.row<{ grants: number; people: number; deliveries: number }>(
    `select (select count(*) from grants where state not in ('cancelled', 'shadow')) as grants,
       (select count(distinct recipient_id) from grants where state not in ('cancelled', 'shadow')) as people,
       (select count(*) from inbox) as deliveries`,
  );
  const { grants, people, deliveries } = count ?? { grants: 0, people: 0, deliveries: 0 };
  return `So far: ${many(deliveries, "webhook")}, ${many(grants, "reward")} to ${people === 1 ? "1 person" : `${people.toLocaleString("en")} people`}.`;
};

const many = (count: number, what: string) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;

const next = async ({ database }: Corridor, config: Config): Promise<string[]> => {
  const event = await database.row<{ id: number }>(
    `select m.event_id as id from grants g join milestones m on m.id = g.milestone_id
     where m.event_id is not null and not m.withdrawn order by g.granted_at, m.event_id limit 1`,
  );
  const accolade = command();
  // where the port was chosen for this server only, another command must be told
  const where = config.port === 3000 ? "" : ` --url ${config.publicUrl}`;
  const steps: [string, string][] = [
    [`${config.publicUrl}/outbox`, "the messages, as their readers would see them"],
    [`${accolade} simulate${where}`, "plays a sales team's quarter against this server (in another terminal)"],
    ...(event
      ? [[`${accolade} rules explain ${event.id}`, "why each rule did or did not match"] as [string, string]]
      : []),
    [shown("docs/connect-hubspot.md"), "connects your own HubSpot; docs/connect-salesforce.md your Salesforce"],
  ];
  const widest = Math.max(...steps.map(([what]) => what.length));
  return [
    ...steps.map(([what, why]) => `  ${what.padEnd(widest)}  ${why}`),
    "",
    "Ctrl+C stops it; what happened is kept.",
  ];
};

/** How the command is called from here: `npx` finds it in its own folder only. */
const command = (): string => {
  if (process.cwd() === packageRoot) return "npx accolade";
  const script = path.join(packageRoot, "bin", "accolade.js");
  return existsSync(path.join(packageRoot, "src")) ? `node ${path.relative(process.cwd(), script)}` : "accolade";
};

const shown = (file: string) => path.relative(process.cwd(), path.join(packageRoot, file));
