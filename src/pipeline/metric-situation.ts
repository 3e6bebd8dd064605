/** What rules see around a metric: whose it is, their manager, company and team. */
import type { Sql } from "../db/sql.ts";
import { keyText, loadHistories, type RecordKey } from "../records/fact-rows.ts";
import type { Milestone } from "../records/milestones.ts";
import { companyView } from "../records/situation-of.ts";
import { historyOf, latest } from "../records/timeline.ts";
import type { MetricView, Situation } from "../situation.ts";
import type { Corridor } from "./corridor.ts";
import { customersAround } from "./customer-view.ts";
import { peopleAround } from "./decide-people.ts";
import type { MetricAsked } from "./metric-asked.ts";
import { teamMembers } from "./team-history.ts";

export const situationsAround = async (
  corridor: Pick<Corridor, "workspace" | "rules">,
  tx: Sql,
  asked: readonly MetricAsked[],
) => {
  const of = (kind: "user" | "company", subject: MetricAsked["metric"]["of"]): RecordKey[] =>
    asked
      .filter(({ metric }) => metric.of === subject)
      .map(({ connection, question: { id } }) => ({ connection, kind, id }));
  const owners = of("user", "owner");
  const histories = await loadHistories(tx, [...owners, ...of("company", "company")]);
  const managers = [...histories.values()].flatMap((history): RecordKey[] => {
    const { manager } = latest(history);
    return history.kind === "user" && typeof manager === "string" && manager !== ""
      ? [{ connection: history.connection, kind: "user", id: manager }]
      : [];
  });
  for (const [key, history] of await loadHistories(tx, managers)) histories.set(key, history);
  const people = await peopleAround(tx, histories, { withTeams: false, users: owners });
  // a company of which nothing was told but its deals is a customer, too
  const companies = of("company", "company").map(
    (key) => histories.get(keyText(key)) ?? historyOf(key.connection, key.kind, key.id, []),
  );
  const customers = await customersAround(tx, companies, corridor.workspace);
  const person = ({ connection, question: { id } }: MetricAsked) => people.person(connection, "user", id);
  const teamOf = (each: MetricAsked) =>
    each.metric.of === "team" ? each.question.id : each.metric.of === "owner" ? (person(each)?.team ?? null) : null;
  const givesToTeams = corridor.rules
    .current()
    .matcher.book.rules.some(({ metric, parts }) => metric !== null && parts.some(({ to }) => to === "team"));
  const members = givesToTeams
    ? await teamMembers(tx, [...new Set(asked.flatMap((each) => teamOf(each) ?? []))])
    : null;

  return (each: MetricAsked, milestone: Milestone, metric: MetricView, occurredAt: string): Situation => {
    const { connection, question } = each;
    const company =
      each.metric.of === "company" ? histories.get(keyText({ connection, kind: "company", id: question.id })) : null;
    const team = teamOf(each);
    return {
      milestone: {
        type: milestone.type,
        occurredAt,
        connection,
        subject: milestone.subject,
        from: milestone.from,
        to: milestone.to,
      },
      deal: null,
      contact: null,
      company: company ? companyView(company, occurredAt) : null,
      lead: null,
      owner: each.metric.of === "owner" ? person(each) : null,
      manager: each.metric.of === "owner" ? people.managerOf(connection, question.id) : null,
      customer: each.metric.of === "company" ? customers.of(connection, question.id, occurredAt) : null,
      team: team === null ? null : { name: team, members: members?.get(team) ?? [] },
      contributors: {},
      metric,
      details: {},
    };
  };
};
