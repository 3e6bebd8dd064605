/** Reads a CSV of people, as a spreadsheet saves it. Every cell is checked as `people.yaml` checks its entries. */
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { Person } from "../people/people-file.ts";

export interface CsvProblem {
  /** Counts from 1, as does `column`: the cell's place in the line. */
  line: number;
  column: number;
  /** `phone "12"`. */
  found: string;
  expected: string;
}

export interface PeopleCsv {
  people: Person[];
  problems: CsvProblem[];
}

/** Headings, and the key of an entry that each stands for. `crm:<connection>` is a user's id there. */
const headings: Readonly<Record<string, keyof Person>> = {
  name: "name",
  first_name: "firstName",
  email: "email",
  phone: "phone",
  language: "language",
  time_zone: "timeZone",
  team: "team",
  manager: "manager",
  agreed: "agreed",
};
const needed = ["name", "email"];
const CRM = /^crm:([a-z0-9][a-z0-9-]*)$/;

/** Lines that are right, and what is wrong with the others. Without a usable first line nothing is read. */
export const readPeopleCsv = (csv: string, connections: ReadonlySet<string>): PeopleCsv => {
  const read: PeopleCsv = { people: [], problems: [] };
  const problem = (line: number, column: number, found: string, expected: string) =>
    read.problems.push({ line, column, found, expected });
  const rows = rowsOf(csv.replace(/^\uFEFF/, ""), problem);
  const [first, ...rest] = rows;
  if (!first) {
    if (read.problems.length === 0) problem(1, 1, "an empty file", `a first line with ${needed.join(", ")}`);
    return read;
  }
  const names = first.cells.map((name) => name.trim().toLowerCase());
  const odd = names.findIndex((name, at) => !isHeading(name, connections) || names.indexOf(name) !== at);
  if (odd >= 0) {
    const known = [...Object.keys(headings), ...[...connections].map((each) => `crm:${each}`)];
    problem(
      first.line,
      odd + 1,
      `the column "${names[odd]?.slice(0, 40)}"`,
      `each of these at most once: ${known.join(", ")}`,
    );
  }
  const missing = needed.filter((name) => !names.includes(name));
  if (missing.length > 0)
    problem(first.line, 1, `no column ${missing.join(" and no ")}`, `a first line with ${needed.join(" and ")}`);
  if (read.problems.length > 0) return read;

  const seen = new Map<string, number>();
  for (const { cells, line } of rest) {
    const checked = Person.safeParse(entryOf(names, cells));
    if (!checked.success) {
      for (const issue of checked.error.issues) {
        const key = String(issue.path[0] ?? "");
        const at = names.findIndex((name) => headings[name] === key || (key === "crm" && CRM.test(name)));
        const cell = cells[at]?.trim() ?? "";
        const expected = /^expected /i.test(issue.message)
          ? issue.message.replace(/^expected /i, "")
          : (inOurWords[key] ?? issue.message);
        problem(line, at + 1, `${names[at] ?? key} ${cell === "" ? "left empty" : `"${cell.slice(0, 60)}"`}`, expected);
      }
      continue;
    }
    const { email } = checked.data;
    const before = seen.get(email.toLowerCase());
    if (before !== undefined) {
      problem(
        line,
        names.indexOf("email") + 1,
        `email "${email}" again`,
        `each person once: line ${before} has this address`,
      );
      continue;
    }
    seen.set(email.toLowerCase(), line);
    read.people.push(checked.data);
  }
  return read;
};

const inOurWords: Readonly<Record<string, string>> = {
  name: "a name",
  email: "an email address, such as giulia@example.com",
  manager: "the email address of their manager",
  language: "en or it",
  agreed: "email, sms or whatsapp, several with a space between",
};

const isHeading = (name: string, connections: ReadonlySet<string>) =>
  Object.hasOwn(headings, name) || connections.has(CRM.exec(name)?.[1] ?? "");

/** A cell that is empty says nothing. */
const entryOf = (names: readonly string[], cells: readonly string[]) => {
  const given = names.flatMap((name, at) => {
    const cell = cells[at]?.trim() ?? "";
    return cell === "" ? [] : [[name, cell] as const];
  });
  const crm = given.flatMap(([name, cell]) => {
    const connection = CRM.exec(name)?.[1];
    return connection === undefined ? [] : [[connection, cell]];
  });
  return {
    ...Object.fromEntries(
      given.flatMap(([name, cell]) => {
        const key = headings[name];
        return key ? [[key, key === "agreed" ? cell.toLowerCase().split(/[\s,;]+/) : cell]] : [];
      }),
    ),
    ...(crm.length > 0 ? { crm: Object.fromEntries(crm) } : {}),
  };
};

const Rows = z.array(z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) }));

/** Spreadsheets separate with a comma, a semicolon or a tab, as the country has it: what the first line has most of. */
const rowsOf = (text: string, problem: (line: number, column: number, found: string, expected: string) => void) => {
  const first = text.split(/[\r\n]/, 1)[0] ?? "";
  const many = (sign: string) => first.split(sign).length;
  const delimiter = [",", ";", "\t"].reduce((best, sign) => (many(sign) > many(best) ? sign : best));
  try {
    const rows: unknown = parse(text, { delimiter, info: true, relax_column_count: true, skip_empty_lines: true });
    return Rows.parse(rows).map(({ record, info }) => ({ cells: record, line: info.lines }));
  } catch (error) {
    const line = typeof error === "object" && error !== null && "lines" in error ? Number(error.lines) : 1;
    problem(line, 1, "a quote that is not closed", "quotes in pairs around the value");
    return [];
  }
};
