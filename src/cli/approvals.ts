import { Command, Option } from "commander";
import { formatMoney } from "../money.ts";
import { Refusal } from "../open-corridor.ts";
import { type Decided, type Decision, decideApprovals } from "../pipeline/approvals-decide.ts";
import { type Approval, type ApprovalState, approvalStates, listApprovals } from "../pipeline/approvals-list.ts";
import type { Corridor } from "../pipeline/corridor.ts";
import { type User, userWithEmail } from "../users.ts";
import { counted } from "./counted.ts";
import { withCorridor } from "./with-corridor.ts";

const MOST = 500;

interface Asked {
  as: string;
  reason?: string;
  give?: string;
  record?: string;
  all?: true;
  group?: string;
  json?: true;
}

/** `accolade approvals list|approve|decline`: what rules send to people, and what recipients dispute. */
export const approvalsCommand = (): Command =>
  new Command("approvals")
    .description("see what waits for a decision, and decide it")
    .addCommand(
      new Command("list")
        .description("the queue, oldest first")
        .addOption(new Option("--state <state>", "only in this state").choices(approvalStates).default("open"))
        .option("--group <group>", "only those of this group of approvers")
        .option("--json", "the same as JSON")
        .action(({ state, group, json }: { state: ApprovalState; group?: string; json?: true }) =>
          withCorridor(async ({ corridor }) => {
            const approvals = await listApprovals(corridor, null, { state, group, limit: MOST });
            if (json) return console.log(JSON.stringify(approvals, null, 2));
            if (approvals.length === 0)
              return console.log(state === "open" ? "Nothing waits for a decision." : `Nothing is ${state}.`);
            for (const approval of approvals) console.log(inWords(approval));
            if (approvals.length === MOST) console.log(`The first ${MOST}: decide some, then look again.`);
          }),
        ),
    )
    .addCommand(
      deciding("approve", "approve rewards; of a dispute: accept it, with --reason as the answer")
        .alias("accept")
        .option("--reason <text>", "for the record; of a dispute: the answer that its recipient reads")
        .option("--give <rule>", "of a dispute about a missing reward: give what this rule would have given")
        .option("--record <id>", "with --give: the deal's id in the CRM, where several fit"),
    )
    .addCommand(
      deciding("decline", "decline rewards or disputes").requiredOption("--reason <text>", "what the recipient reads"),
    );

const deciding = (decision: Decision["decision"], description: string): Command =>
  new Command(decision)
    .description(description)
    .argument("[ids...]", "ids, as `accolade approvals list` shows them")
    .requiredOption("--as <email>", "who decides: a user of accolade.yaml")
    .option("--all", "every reward that waits in --group; not disputes, which deserve an answer each")
    .option("--group <group>", "with --all: the group of approvers")
    .option("--json", "what happened to each, as JSON")
    .action((ids: string[], asked: Asked) =>
      withCorridor(async ({ corridor }) => {
        const user = userWithEmail(corridor.users, asked.as);
        if (!user)
          throw new Refusal([
            `--as ${asked.as}: found no such user, expected an email address of users: in accolade.yaml`,
          ]);
        const chosen = await choose(corridor, ids, asked);
        if (asked.give !== undefined && chosen.length !== 1)
          throw new Refusal([`--give: found ${counted(chosen.length, "id")}, expected the one of a dispute`]);
        const give = asked.give === undefined ? {} : { give: { rule: asked.give, record: asked.record ?? null } };
        const decided = await decideApprovals(corridor, user, chosen, {
          decision,
          reason: asked.reason ?? null,
          ...give,
        });
        report(decided, user, asked.json);
      }),
    );

const choose = async (corridor: Corridor, ids: readonly string[], { all, group }: Asked): Promise<string[]> => {
  if (all && group === undefined) throw new Refusal(["--all: found no --group, expected the group of approvers"]);
  if (all && ids.length > 0) throw new Refusal(["--all: found ids too, expected one of them"]);
  if (all) {
    const open = await listApprovals(corridor, null, { state: "open", group, limit: MOST });
    return open.filter((approval) => approval.kind === "grant").map((approval) => approval.id);
  }
  if (ids.length === 0) throw new Refusal(["found neither ids nor --all, expected one of them"]);
  const wrong = ids.filter((id) => !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id));
  if (wrong.length > 0)
    throw new Refusal(wrong.map((id) => `${id}: found no id, expected one that \`accolade approvals list\` shows`));
  return [...new Set(ids)];
};

const report = (decided: readonly Decided[], user: User, json: true | undefined) => {
  const failed = decided.filter((each) => !each.ok).length;
  if (failed > 0) process.exitCode = 1;
  if (json) return console.log(JSON.stringify(decided, null, 2));
  for (const each of decided) {
    if (each.ok) console.log(`${each.id}: ${each.state} by ${user.name}`);
    else console.error(`${each.id}: not decided. ${each.message}`);
  }
  if (decided.length !== 1)
    console.log(`${counted(decided.length - failed, "decision")}${failed > 0 ? `, ${failed} not decided` : ""}.`);
};

const inWords = (approval: Approval): string => {
  const { id, kind, state, group, recipient, grant, dispute, expiresAt, decidedBy, reason } = approval;
  const who = recipient.name ?? recipient.email ?? recipient.id;
  const what = grant
    ? `${formatMoney(grant.value)} to ${who} for ${grant.subject} (rule ${grant.rule})`
    : `a reward that ${who} misses`;
  const until = state === "open" && expiresAt ? `, until ${expiresAt}` : "";
  const ended = decidedBy ? ` by ${decidedBy.name}${reason ? `: ${reason}` : ""}` : "";
  return [
    `${id}  ${kind === "dispute" ? "dispute: " : ""}${what}`,
    `  ${state}${ended}; ${group} decides${until}`,
    ...(dispute ? [`  ${[dispute.about, dispute.text].filter(Boolean).join(" — ").replaceAll("\n", " ")}`] : []),
  ].join("\n");
};
