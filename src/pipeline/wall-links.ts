/** Links to the wall: made, listed, revoked. The link is known to whoever was given it; we keep a keyed digest. */
import { randomBytes } from "node:crypto";
import type { Sql } from "../db/sql.ts";
import type { Sealer } from "../sealer.ts";

export interface WallLink {
  id: number;
  /** Null: the whole workspace. */
  team: string | null;
  language: string;
  madeAt: Date;
  madeBy: string;
  revokedAt: Date | null;
}

const PURPOSE = "wall";
const columns = `id, team, language, made_at as "madeAt", made_by as "madeBy", revoked_at as "revokedAt"`;

/** Gives the token of the link: it cannot be shown again. */
export const makeWallLink = async (
  sql: Sql,
  sealer: Sealer,
  { team, language, by, at }: { team: string | null; language: string; by: string; at: Date },
): Promise<{ id: number; token: string }> => {
  const token = randomBytes(24).toString("base64url");
  const row = await sql.row<{ id: number }>(
    "insert into walls (digest, team, language, made_at, made_by) values ($1, $2, $3, $4, $5) returning id",
    [sealer.digest(token, PURPOSE), team, language, at, by],
  );
  if (!row) throw new Error("the link was not stored");
  return { id: row.id, token };
};

/** Every link, newest first. */
export const listWallLinks = (sql: Sql): Promise<WallLink[]> =>
  sql.rows<WallLink>(`select ${columns} from walls order by id desc`);

/** False where there is no such link, or it was revoked before. */
export const revokeWallLink = async (
  sql: Sql,
  { id, by, at }: { id: number; by: string; at: Date },
): Promise<boolean> =>
  (await sql.run("update walls set revoked_at = $2, revoked_by = $3 where id = $1 and revoked_at is null", [
    id,
    at,
    by,
  ])) > 0;

/** The link behind a token; undefined for one that nobody made or that was revoked. */
export const findWallLink = (sql: Sql, sealer: Sealer, token: string): Promise<WallLink | undefined> =>
  sql.row<WallLink>(`select ${columns} from walls where digest = $1 and revoked_at is null`, [
    sealer.digest(token, PURPOSE),
  ]);

/** Which of these links still work. */
export const workingWallLinks = async (sql: Sql, ids: readonly number[]): Promise<Set<number>> =>
  new Set(
    (await sql.rows<{ id: number }>("select id from walls where id = any ($1) and revoked_at is null", [ids])).map(
      (row) => row.id,
    ),
  );
