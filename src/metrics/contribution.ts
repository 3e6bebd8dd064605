/**
 * What one record adds to the metrics: whole numbers (minor units, counts, milliseconds) on local calendar days, each for
 * the subjects that it belongs to. Cells are sums of contributions, so a record that changes is taken out as it was and put
 * in as it is; order, repetition and lateness of its facts do not matter.
 */

export const subjectKinds = ["owner", "team", "company", "campaign", "workspace"] as const;
/** What a metric can be of. */
export type Of = (typeof subjectKinds)[number];

/** Owners and companies have the ids of one connection; teams and campaigns are the whole workspace's (`connection` is ""). */
export type Subject = readonly [of: Of, connection: string, id: string];

export const WORKSPACE: Subject = ["workspace", "", "workspace"];

/** Series, key, day, second day (of a pair; else the same), n, and the positions of the subjects it counts for. */
export type ContributionRow = [
  series: string,
  key: string,
  day: string,
  day2: string,
  n: number,
  ...subjects: number[],
];

/** As it is stored: subjects once, rows that point at them. */
export interface Contributions {
  subjects: Subject[];
  rows: ContributionRow[];
  /** What other records' contributions take from this one: the team of a user, who a merged company is now. */
  basis?: string;
}

export const NOTHING: Contributions = { subjects: [], rows: [] };

export interface Collector {
  /** Adds `n` on `day` for each of these subjects. `key` tells stages and buckets apart; `day2` makes it a pair of days. */
  add(
    series: string,
    day: string,
    n: number,
    subjects: readonly Subject[],
    more?: { key?: string; day2?: string },
  ): void;
  done(): Contributions;
}

export const collector = (): Collector => {
  const subjects: Subject[] = [];
  const positions = new Map<string, number>();
  const rows: ContributionRow[] = [];
  const position = (subject: Subject) => {
    const text = subject.join(SEPARATOR);
    const known = positions.get(text) ?? subjects.push(subject) - 1;
    positions.set(text, known);
    return known;
  };
  return {
    add(series, day, n, of, { key = "", day2 = day } = {}) {
      if (n !== 0 && of.length > 0) rows.push([series, key, day, day2, n, ...of.map(position)]);
    },
    done: () => ({ subjects, rows }),
  };
};

// no id, series or key holds it: PostgreSQL refuses texts with this character
const SEPARATOR = "\u0000";

export interface Cell {
  of: Of;
  connection: string;
  id: string;
  series: string;
  key: string;
  day: string;
  day2: string;
}

/** Sums by cell, of one grain: days. */
export type Cells = Map<string, number>;

/** Adds `sign` times these contributions; cells that come to nothing are left out. */
export const addTo = (cells: Cells, { subjects, rows }: Contributions, sign: 1 | -1): void => {
  const names = subjects.map((subject) => subject.join(SEPARATOR));
  for (const [series, key, day, day2, n, ...of] of rows) {
    const what = SEPARATOR + series + SEPARATOR + key + SEPARATOR + day + SEPARATOR + day2;
    for (const each of of) {
      const text = (names[each] ?? WORKSPACE.join(SEPARATOR)) + what;
      const sum = (cells.get(text) ?? 0) + sign * n;
      if (sum === 0) cells.delete(text);
      else cells.set(text, sum);
    }
  }
};

/** The cell that a text of `Cells` names. */
export const cellOf = (text: string): Cell => {
  const [of = "", connection = "", id = "", series = "", key = "", day = "", day2 = ""] = text.split(SEPARATOR);
  return { of: of as Of, connection, id, series, key, day, day2 };
};
