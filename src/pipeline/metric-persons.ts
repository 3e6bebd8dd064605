/** The metrics of an owner who is known in two CRMs: one line, of the first of their ids, counted from all of them. */
import type { Sql } from "../db/sql.ts";
import { samePersons } from "./decide-persons.ts";
import { type MetricAsked, metricId } from "./metric-asked.ts";

/** The same, each question once, and those about owners asked of persons. Costs the same for any length of history. */
export const asPersons = async (sql: Sql, asked: readonly MetricAsked[]): Promise<MetricAsked[]> => {
  const owners = asked.filter(({ metric }) => metric.of === "owner").map(keyOf);
  const persons = await samePersons(sql, [...new Set(owners)]);
  const found = asked.map((each) => {
    if (each.metric.of !== "owner") return each;
    const [first, ...also] = persons.keysOf(keyOf(each)).flatMap(userOf).sort(byId);
    if (!first || also.length === 0) return each;
    const question = { ...each.question, ...first, also };
    const previous = each.previous && { ...each.previous, ...first, also };
    return { ...each, connection: first.connection, question, previous };
  });
  const own = ({ metric, question: { connection, id, range } }: MetricAsked) =>
    JSON.stringify([connection, metricId(metric, id), range.from]);
  return [...new Map(found.map((each) => [own(each), each])).values()];
};

interface User {
  connection: string;
  id: string;
}

const keyOf = ({ question: { connection, id } }: MetricAsked) => `${connection}/user/${id}`;

const userOf = (key: string): User[] => {
  const [connection = "", kind, ...id] = key.split("/");
  return kind === "user" ? [{ connection, id: id.join("/") }] : [];
};

const byId = (a: User, b: User) =>
  a.connection === b.connection ? (a.id < b.id ? -1 : 1) : a.connection < b.connection ? -1 : 1;
