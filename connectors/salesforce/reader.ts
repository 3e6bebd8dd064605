import type { Fact, Subject } from "../../src/events.ts";
import type { Reader, ReadFailure, ReadResult, Surroundings } from "../connector.ts";
import { type Cell, id } from "./cell.ts";
import { understand } from "./facts.ts";
import { Stopped } from "./failure.ts";
import { historyFacts, stageMeanings } from "./history.ts";
import { type ObjectName, objectOfKind, objects } from "./objects.ts";
import { openSession, type Row, type Session } from "./session.ts";
import type { SalesforceSettings } from "./settings.ts";
import { columnsOf, historyColumns, select, stagesQuery } from "./soql.ts";

/** Keeps the address of a query within what Salesforce takes (16,384 bytes), and one call per object. */
const batch = 100;

/** Reads by SOQL where the settings hold an `api`; null where they do not. */
export const openReader = (settings: SalesforceSettings, around: Surroundings): Reader | null => {
  if (!settings.api) return null;
  const session = openSession(settings.api, settings.orgId, around);
  return {
    batch,
    read: async (subjects, receivedAt) => {
      try {
        return await read(session, settings, subjects, receivedAt.toISOString());
      } catch (error) {
        if (error instanceof Stopped) return error.failure satisfies ReadFailure;
        throw error;
      }
    },
  };
};

type Rows = ReadonlyMap<string, Row>;
const none: Rows = new Map();

const read = async (
  session: Session,
  settings: SalesforceSettings,
  subjects: readonly Subject[],
  fallback: string,
): Promise<ReadResult[]> => {
  const first = subjects[0];
  if (!first) return [];
  const object = objectOfKind[first.kind];
  if (!object)
    return subjects.map((subject) => ({ subject, missing: `Salesforce is not asked for a ${subject.kind}` }));
  const fetch = (name: ObjectName, ids: Iterable<string>) => rowsById(session, settings, name, ids);
  const wanted = subjects.flatMap((subject) => id(subject.id) ?? []);
  const main = await fetch(object, wanted);
  const deals = object === "Opportunity";
  const userColumns =
    object === "User" ? ["ManagerId"] : ["OwnerId", ...(deals ? Object.values(settings.contributors) : [])];
  const [owners, contacts, accounts, history, stages] = await Promise.all([
    fetch("User", pointedAt(main, ...userColumns)),
    deals ? fetch("Contact", pointedAt(main, "ContactId")) : none,
    deals || object === "Contact" ? fetch("Account", pointedAt(main, "AccountId")) : none,
    deals && main.size > 0 ? session.query(historyOf(main), { deleted: true }) : [],
    deals && main.size > 0 ? session.query(stagesQuery) : [],
  ]);
  const managers = await fetch("User", new Set([...pointedAt(owners, "ManagerId")].filter((one) => !owners.has(one))));
  const users: Rows = new Map([...owners, ...managers]);
  const meanings = stageMeanings(stages, settings);
  const histories = Map.groupBy(history, (row) => id(row.get("OpportunityId") ?? null) ?? "");

  const factsOf = (name: ObjectName, row: Row | undefined): Fact[] => {
    const recordId = id(row?.get("Id") ?? null);
    if (!row || !recordId) return [];
    const understood = understand(name, recordId, row, settings, fallback);
    return "facts" in understood ? understood.facts : [];
  };
  return subjects.map((subject) => {
    const recordId = id(subject.id) ?? "";
    const row = main.get(recordId);
    if (!row)
      return { subject, missing: "Salesforce does not give it: deleted for good, or not visible to the API user" };
    const understood = understand(object, recordId, row, settings, fallback);
    if ("expected" in understood) {
      return { subject, missing: `${understood.field} holds ${understood.found}, expected ${understood.expected}` };
    }
    const around = userColumns.flatMap((column) => users.get(at(row, column)) ?? []);
    const facts = [
      ...historyFacts(recordId, histories.get(recordId) ?? [], meanings),
      ...understood.facts,
      ...around.flatMap((user) => [...factsOf("User", user), ...factsOf("User", users.get(at(user, "ManagerId")))]),
      ...factsOf("Contact", contacts.get(at(row, "ContactId"))),
      ...factsOf("Account", accounts.get(at(row, "AccountId"))),
    ];
    return { subject, facts };
  });
};

const historyOf = (main: Rows) => select(historyColumns, "OpportunityHistory", "OpportunityId", [...main.keys()]);

const rowsById = async (
  session: Session,
  settings: SalesforceSettings,
  object: ObjectName,
  ids: Iterable<string>,
): Promise<Rows> => {
  const asked = [...new Set(ids)].filter((one) => object !== "User" || one.startsWith(objects.User.prefix));
  if (asked.length === 0) return none;
  const soql = select(columnsOf(object, settings), object, "Id", asked);
  const rows = await session.query(soql, { deleted: object !== "User" });
  return new Map(rows.map((row) => [at(row, "Id"), row]));
};

const at = (row: Row, column: string): string => id((row.get(column) satisfies Cell | undefined) ?? null) ?? "";

const pointedAt = (rows: Rows, ...columns: string[]): Set<string> =>
  new Set([...rows.values()].flatMap((row) => columns.map((column) => at(row, column))).filter((one) => one !== ""));
