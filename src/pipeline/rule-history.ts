/** Versions of the rules: which there were, how two of them differ, and what their files said. */
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import type { Sql } from "../db/sql.ts";
import type { SourceFile } from "../yaml/yaml-source.ts";

export interface VersionRow {
  id: number;
  hash: string;
  /** Who loaded it first. */
  author: string;
  loadedAt: Date;
  /** Since when, where it is in force now. */
  inForceSince: Date | null;
  /** Each time that it came into force. */
  turns: { author: string; since: string }[];
}

/** Every version, the newest first. */
export const ruleVersions = (sql: Sql): Promise<VersionRow[]> =>
  sql.rows<VersionRow>(
    `select v.id, v.hash, v.author, v.loaded_at as "loadedAt", a.since as "inForceSince",
       coalesce((select json_agg(json_build_object('author', t.author, 'since', t.since) order by t.id)
         from rule_turns t where t.version = v.id), '[]') as turns
     from rule_versions v left join active_rules a on a.version = v.id order by v.id desc`,
  );

/** The files of a version, or undefined where there is no such version. `in force`: of the one in force. */
export const versionSources = async (
  sql: Sql,
  version: number | "in force",
): Promise<{ id: number; sources: SourceFile[] } | undefined> =>
  sql.row<{ id: number; sources: SourceFile[] }>(
    version === "in force"
      ? "select v.id, v.sources from active_rules a join rule_versions v on v.id = a.version"
      : "select id, sources from rule_versions where id = $1",
    version === "in force" ? [] : [version],
  );

export interface EntryChange {
  /** `rule`, `reward`, `budget`, …: the list that it stands in, as one of it. */
  kind: string;
  id: string;
  change: "added" | "removed" | "changed";
  /** Of a changed entry: each key with what it was and is, as written; undefined where it was not there. */
  keys: { key: string; before: unknown; after: unknown }[];
}

const lists = { rules: "rule", rewards: "reward", budgets: "budget", tiers: "tier", calendars: "calendar" } as const;

/** What is different for a reader of the rules; not where an entry stands, nor comments. */
export const changesOf = (before: readonly SourceFile[], after: readonly SourceFile[]): EntryChange[] =>
  Object.entries(lists).flatMap(([list, kind]) => {
    const [was, is] = [entriesOf(before, list), entriesOf(after, list)];
    return [...new Set([...was.keys(), ...is.keys()])].flatMap((id): EntryChange[] => {
      const [old, now] = [was.get(id), is.get(id)];
      if (!old) return [{ kind, id, change: "added", keys: [] }];
      if (!now) return [{ kind, id, change: "removed", keys: [] }];
      const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])]
        .filter((key) => !isDeepStrictEqual(old[key], now[key]))
        .map((key) => ({ key, before: old[key], after: now[key] }));
      return keys.length > 0 ? [{ kind, id, change: "changed", keys }] : [];
    });
  });

type Entry = Readonly<Record<string, unknown>>;

const entriesOf = (sources: readonly SourceFile[], list: string): Map<string, Entry> =>
  new Map(
    sources.flatMap(({ text }) => {
      // a version that was loaded is YAML that can be read
      const top: unknown = parse(text, { logLevel: "silent" });
      const entries = typeof top === "object" && top !== null ? (top as Record<string, unknown>)[list] : undefined;
      return Array.isArray(entries)
        ? entries.flatMap((entry: unknown) =>
            typeof entry === "object" && entry !== null && "id" in entry
              ? [[String(entry.id), entry as Entry] as const]
              : [],
          )
        : [];
    }),
  );
