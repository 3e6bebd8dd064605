/**
 * What the rules in force give for the true story: every fact in its order and once. Worked out with the corridor's own
 * pure functions, from the story and not from what any connector made of it.
 */
import type { Fact } from "../events.ts";
import type { Money } from "../money.ts";
import type { Corridor } from "../pipeline/corridor.ts";
import { customersAround } from "../pipeline/customer-view.ts";
import { type DueGrant, dueGrants } from "../pipeline/decide-due.ts";
import { judgeFamily, readFamily } from "../pipeline/decide-judge.ts";
import { peopleAround } from "../pipeline/decide-people.ts";
import { keyText } from "../records/fact-rows.ts";
import { historyOf, type RecordHistory } from "../records/timeline.ts";
import type { StoryRecord } from "./story.ts";

export interface ExpectedGrant {
  ruleId: string;
  /** A shadow rule grants nothing. */
  shadow: boolean;
  /** True: one for this recipient at all, whatever the record. */
  oncePerRecipient: boolean;
  record: StoryRecord;
  recipientKey: string;
  value: Money;
  /** The code pool that it is given from, as far as it is a code. */
  pool: string | undefined;
}

const CHUNK = 500;

export const expectedGrants = async (
  corridor: Corridor,
  facts: ReadonlyMap<StoryRecord, readonly Fact[]>,
): Promise<ExpectedGrant[]> => {
  const workspace = await corridor.database.row<{ id: string }>("select id from workspace");
  const all = new Map<string, RecordHistory>();
  for (const [record, told] of facts)
    all.set(keyText(record), historyOf(record.connection, record.kind, record.id, told));
  const histories = [...all.values()];
  const due = new Map<string, DueGrant>();
  for (let from = 0; from < histories.length; from += CHUNK) {
    const chunk = histories.slice(from, from + CHUNK);
    const around = new Map(
      chunk.flatMap((history) => [history, ...contactsOf(history, all)]).map((one) => [keyText(one), one]),
    );
    const people = await peopleAround(corridor.database, around, { withTeams: true });
    const customers = await customersAround(corridor.database, around.values(), corridor.workspace);
    const known = { histories: around, people, customers, stored: new Map(), nearMisses: true };
    for (const history of chunk) {
      const family = readFamily([history], { histories: around, fresh: new Map() });
      const judged = await judgeFamily(corridor, corridor.database, family, known);
      const place = { workspaceId: workspace?.id ?? "", timeZone: corridor.workspace.timeZone };
      for (const grant of dueGrants(place, judged, family.merges).grants)
        if (!due.has(grant.id)) due.set(grant.id, grant);
    }
  }
  return [...due.values()].map((grant) => ({
    ruleId: grant.ruleId,
    shadow: grant.rule.mode === "shadow",
    oncePerRecipient: grant.rule.once.per === "recipient",
    record: recordOf(grant),
    recipientKey: grant.recipientKey,
    value: grant.value,
    pool: poolOf(corridor, grant),
  }));
};

const contactsOf = ({ connection, fields }: RecordHistory, all: ReadonlyMap<string, RecordHistory>) =>
  [...fields.keys()].flatMap((field) =>
    field.startsWith("contact:") ? (all.get(`${connection}/contact/${field.slice("contact:".length)}`) ?? []) : [],
  );

const recordOf = ({ judged }: DueGrant): StoryRecord => {
  const { connection, subject } = judged.milestone;
  return { connection, kind: subject.kind === "contact" ? "contact" : "deal", id: subject.id };
};

const poolOf = ({ providers }: Corridor, { reward, rule }: DueGrant): string | undefined => {
  const { options } = reward;
  if (rule.mode === "shadow" || providers.get(reward.provider)?.kind.id !== "code-pool") return undefined;
  return typeof options === "object" && options && "pool" in options ? String(options.pool) : undefined;
};
