import type { Sql } from "../../db/sql.ts";
import type { Sealer } from "../../sealer.ts";
import type { FileText } from "./file-lines.ts";
import { poolName } from "./pool-name.ts";
import { dayOf } from "./pool-stock.ts";
import { type ImportProblem, readCodes } from "./read-codes.ts";
import { type CodeContent, digestCode, sealCode } from "./sealed-code.ts";

export type { ImportProblem };

export interface ImportReport {
  imported: number;
  /** Codes that the pool already had, given ones included, or that stand twice in the file. */
  duplicates: number;
  /** Lines that were left out, in the order of the file. */
  problems: ImportProblem[];
}

const BATCH = 1_000;

/** Seals the codes of a CSV file and adds them to the pool. The same file again adds nothing. Throws only where the database does. */
export const importCodes = async (
  sql: Sql,
  sealer: Sealer,
  pool: string,
  csv: FileText,
  now: Date,
): Promise<ImportReport> => {
  const report: ImportReport = { imported: 0, duplicates: 0, problems: [] };
  if (!poolName.safeParse(pool).success) {
    const found = `the pool name "${pool.slice(0, 80)}"`;
    report.problems.push({ line: 0, found, expected: "small letters, digits, - and _, such as amazon-it-50" });
    return report;
  }
  for await (const { codes, problems } of readCodes(csv, dayOf(now), BATCH)) {
    const imported = codes.length > 0 ? await insertCodes(sql, sealer, pool, codes, now) : 0;
    report.imported += imported;
    report.duplicates += codes.length - imported;
    for (const problem of problems) report.problems.push(problem);
  }
  return report;
};

const insertCodes = (sql: Sql, sealer: Sealer, pool: string, codes: readonly CodeContent[], now: Date) =>
  sql.run(
    `insert into codes (pool, digest, sealed, expires_on, imported_at)
     select $1, digest, sealed, expires_on, $5 from unnest($2::text[], $3::bytea[], $4::date[]) as new (digest, sealed, expires_on)
     on conflict (pool, digest) do nothing`,
    [
      pool,
      codes.map(({ code }) => digestCode(sealer, code)),
      codes.map((content) => sealCode(sealer, content)),
      codes.map(({ expiresOn }) => expiresOn ?? null),
      now,
    ],
  );
