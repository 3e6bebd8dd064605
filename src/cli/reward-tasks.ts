import { Command } from "commander";
import { formatMoney } from "../money.ts";
import { Refusal } from "../open-corridor.ts";
import { decideTask, listTasks, type Task, type TaskDecision } from "../pipeline/tasks.ts";
import { userWithEmail } from "../users.ts";
import { withCorridor } from "./with-corridor.ts";

const MOST = 500;

interface Closing {
  as: string;
  note?: string;
  tracking?: string;
  reason?: string;
  json?: true;
}

/** `accolade rewards tasks|done|cannot`: rewards that a person hands over. */
export const rewardTaskCommands = (): Command[] => [
  new Command("tasks")
    .description("what there is to hand over, oldest first")
    .option("--open", "only what nobody has done yet")
    .option("--json", "the same as JSON")
    .action(({ open, json }: { open?: true; json?: true }) =>
      withCorridor(async ({ corridor }) => {
        const tasks = await listTasks(corridor, { state: open ? "open" : undefined, limit: MOST });
        if (json) return console.log(JSON.stringify(tasks, null, 2));
        if (tasks.length === 0) return console.log(open ? "Nothing is to be handed over." : "There are no tasks yet.");
        for (const task of tasks) console.log(inWords(task));
        if (tasks.length === MOST) console.log(`The first ${MOST}.`);
      }),
    ),
  closing("done", "you handed it over or sent it off: the recipient is told")
    .option("--note <text>", "what the recipient reads: where it is, what to do")
    .option("--tracking <url>", "where the recipient can follow it")
    .action((id: string, { as, note, tracking, json }: Closing) =>
      close(id, as, { state: "done", note: note ?? null, trackingUrl: tracking ?? null }, json),
    ),
  closing("cannot", "it cannot be handed over: the recipient is told why")
    .requiredOption("--reason <text>", "what the recipient reads")
    .action((id: string, { as, reason, json }: Closing) =>
      close(id, as, { state: "cannot", reason: reason ?? "" }, json),
    ),
];

const closing = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .argument("<task>", "its id, as `accolade rewards tasks` shows it")
    .requiredOption("--as <email>", "who you are: a user of accolade.yaml")
    .option("--json", "what happened, as JSON");

const close = (id: string, as: string, decision: TaskDecision, json: true | undefined) =>
  withCorridor(async ({ corridor }) => {
    const user = userWithEmail(corridor.users, as);
    if (!user)
      throw new Refusal([`--as ${as}: found no such user, expected an email address of users: in accolade.yaml`]);
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id))
      throw new Refusal([`${id}: found no id, expected one that \`accolade rewards tasks\` shows`]);
    const closed = await decideTask(corridor, user, id, decision);
    if (!closed.ok) process.exitCode = 1;
    if (json) return console.log(JSON.stringify(closed, null, 2));
    if (closed.ok) console.log(`${id}: ${closed.state} by ${user.name}. The recipient is told.`);
    else console.error(`${id}: nothing was changed. ${closed.message}`);
  });

const inWords = ({
  id,
  state,
  title,
  instructions,
  value,
  recipient,
  grant,
  createdAt,
  closedBy,
  note,
  reason,
}: Task) => {
  const who = recipient.name ?? recipient.email ?? "somebody who asked to be forgotten";
  const reach = [recipient.email, recipient.phone].filter(Boolean).join(", ");
  const ended = closedBy ? ` by ${closedBy.name}` : "";
  const said = note ?? reason;
  return [
    `${id}  ${title} (${formatMoney(value)}) to ${who}${reach ? ` <${reach}>` : ""}`,
    `  ${state}${ended}, since ${createdAt}${grant ? `; for ${grant.subject}` : ""}`,
    ...(instructions ? [`  ${instructions}`] : []),
    ...(said ? [`  ${said.replaceAll("\n", " ")}`] : []),
  ].join("\n");
};
