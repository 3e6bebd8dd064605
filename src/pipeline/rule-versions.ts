/**
 * Rule versions, frozen. Every load of a changed rule book is a row; a milestone is judged by the version that was in
 * force when it was first decided, also when it is looked at again later.
 */
import type { Sql } from "../db/sql.ts";
import { createMatcher, type Known, loadRules, type Matcher } from "../engine/index.ts";
import type { Problem } from "../yaml/problem.ts";
import type { SourceFile } from "../yaml/yaml-source.ts";

export interface RuleVersion {
  id: number;
  matcher: Matcher;
  /** When each rule was first loaded, ISO 8601: a rule without `from:` does not fire for what happened before. */
  firstActive: ReadonlyMap<string, string>;
}

export interface ActiveRules {
  /** The version in force, the newest that was loaded without problems. */
  current(): RuleVersion;
  /** Whether there is a version in force. */
  loaded(): boolean;
  /** A version of the past; the current one where its sources can no longer be read (a provider was taken away). */
  version(id: number, sql: Sql): Promise<RuleVersion>;
  /** Loads sources as the new version, or says what is wrong and keeps the last good one. */
  load(sources: readonly SourceFile[], author: string, at: Date): Promise<LoadResult>;
}

export type LoadResult =
  | { ok: true; version: number; changed: boolean; rules: number; warnings: Problem[] }
  | { ok: false; problems: Problem[] };

/** Reads what is in force from the database; `load` must succeed once before `current` can be asked on an empty one. */
export const createActiveRules = async (sql: Sql, known: Known): Promise<ActiveRules> => {
  const cache = new Map<number, RuleVersion>();
  let current: RuleVersion | undefined;

  const firstActive = async () => {
    const rows = await sql.rows<{ rule_id: string; first_active_at: Date }>(
      "select rule_id, first_active_at from rules_seen",
    );
    return new Map(rows.map((row) => [row.rule_id, row.first_active_at.toISOString()]));
  };
  const keep = (version: RuleVersion) => {
    if (cache.size >= 20) cache.clear();
    cache.set(version.id, version);
    return version;
  };

  const active = await sql.row<{ id: number; sources: SourceFile[] }>(
    "select v.id, v.sources from active_rules a join rule_versions v on v.id = a.version",
  );
  const kept = active && loadRules(active.sources, known);
  if (active && kept?.ok)
    current = keep({
      id: active.id,
      matcher: createMatcher(kept.book, known.workspaceCurrency),
      firstActive: await firstActive(),
    });

  const inForce = () => {
    if (!current) throw new Error("no rules are loaded");
    return current;
  };

  return {
    current: inForce,
    loaded: () => current !== undefined,
    async version(id, tx) {
      const cached = cache.get(id);
      if (cached) return cached;
      const row = await tx.row<{ sources: SourceFile[] }>("select sources from rule_versions where id = $1", [id]);
      const loaded = row && loadRules(row.sources, known);
      if (!loaded?.ok) return inForce();
      return keep({
        id,
        matcher: createMatcher(loaded.book, known.workspaceCurrency),
        firstActive: await firstActive(),
      });
    },
    async load(sources, author, at) {
      const loaded = loadRules(sources, known);
      if (!loaded.ok) return loaded;
      const { book, warnings } = loaded;
      const row = await sql.row<{ id: number }>(
        `with made as (
           insert into rule_versions (hash, sources, author, loaded_at) values ($1, $2, $3, $4)
           on conflict (hash) do update set hash = excluded.hash returning id
         ), seen as (
           insert into rules_seen (rule_id, first_active_at) select unnest($5::text[]), $4 on conflict do nothing
         ), forced as (
           insert into active_rules (version, since) select id, $4 from made
           on conflict (single) do update set version = excluded.version, since = excluded.since
             where active_rules.version <> excluded.version
           returning version
         ), turned as (
           insert into rule_turns (version, author, since) select version, $3, $4 from forced
         )
         select id from made`,
        [book.hash, JSON.stringify(sources), author, at, book.rules.map((rule) => rule.id)],
      );
      if (!row) throw new Error("the rule version was not stored");
      const changed = row.id !== current?.id;
      // only after the statement: the dates of rules that are new in it are rows now
      current = keep({
        id: row.id,
        matcher: createMatcher(book, known.workspaceCurrency),
        firstActive: await firstActive(),
      });
      return { ok: true, version: row.id, changed, rules: book.rules.length, warnings };
    },
  };
};
