/**
 * The link to somebody's own page. A claim link may be forwarded, so it opens one reward and no more; the page itself opens
 * by a link that goes to an address of theirs, whoever asks for it.
 */
import type { ChannelName } from "../channels/channel.ts";
import type { Sql } from "../db/sql.ts";
import { readClaimToken } from "./claim-token.ts";
import type { Corridor } from "./corridor.ts";
import { type GrantView, loadGrant } from "./grant-view.ts";
import { addressOn, type NotTold, wishesOf } from "./notify-channel.ts";
import { readPersonToken, writePersonToken } from "./person-token.ts";

/** How long such a link opens the page. */
const PAGE_DAYS = 30;
/** Whoever has a claim link can ask: the person behind it is not to be flooded. */
const AT_MOST_EVERY_MS = 10 * 60_000;
const MOST_A_DAY = 3;
const DAY_MS = 86_400_000;

/** Addresses of the person alone first. */
const order: readonly ChannelName[] = ["email", "sms", "whatsapp", "slack", "teams", "push"];

/**
 * Sends it, where there is an address to send it to and it was not asked for too often. What the caller is told is the same
 * in any case. False where the token is none of ours: of a reward's page, or of a page of their own that has ended.
 */
export const askForPage = async (corridor: Corridor, token: string): Promise<boolean> => {
  const asked = await corridor.database.transaction(async (tx) => {
    const grant = await grantBehind(corridor, tx, token);
    if (!grant || grant.recipient.erased_at) return undefined;
    return { message: await queueLink(corridor, tx, grant) };
  });
  if (!asked) return false;
  if (asked.message) await corridor.doorbell.ring("notify", [asked.message]).catch(() => {});
  return true;
};

const grantBehind = async ({ sealer }: Corridor, tx: Sql, token: string): Promise<GrantView | undefined> => {
  const claim = readClaimToken(sealer, token);
  if (claim) {
    const grant = await loadGrant(tx, claim.grantId);
    // taking a reward back raises its version once; who had its link may still ask
    return grant && grant.claim_version - claim.version <= (isUndone(grant) ? 1 : 0) ? grant : undefined;
  }
  const page = readPersonToken(sealer, token);
  const newest =
    page &&
    (await tx.row<{ id: string }>(
      `select g.id from grants g join recipients r on r.id = g.recipient_id
       where r.id = $1 and r.link_version = $2 order by g.granted_at desc, g.id limit 1`,
      [page.id, page.version],
    ));
  return newest && loadGrant(tx, newest.id);
};

const isUndone = ({ state }: GrantView) => state === "cancelled" || state === "clawed_back";

const queueLink = async (corridor: Corridor, tx: Sql, grant: GrantView): Promise<string | undefined> => {
  const now = corridor.now();
  const { id } = grant.recipient;
  // many who ask at once are one after the other, and see each other's messages
  await tx.run("select from recipients where id = $1 for no key update", [id]);
  const before = await tx.row<{ day: number; newest: Date | null; round: number }>(
    `select count(distinct (grant_id, round)) filter (where created_at > $3)::int as day, max(created_at) as newest,
       coalesce(max(round) filter (where grant_id = $2), 0)::int as round
     from messages where kind = 'page' and grant_id in (select id from grants where recipient_id = $1)`,
    [id, grant.id, new Date(now.getTime() - DAY_MS)],
  );
  const soon = before?.newest && now.getTime() - before.newest.getTime() < AT_MOST_EVERY_MS;
  if (!before || soon || before.day >= MOST_A_DAY) {
    corridor.log.step("page link not sent", { grant: grant.id, why: "it was asked for a moment ago, or often today" });
    return undefined;
  }
  const message = await nextPageLink(corridor, tx, grant, before.round + 1);
  if (!message) corridor.log.step("page link not sent", { grant: grant.id, why: "there is no address to send it to" });
  return message;
};

/** The message that carries it over the next channel, after those that failed in this round; undefined where there is none. */
export const nextPageLink = async (
  corridor: Corridor,
  tx: Sql,
  { id, recipient }: GrantView,
  round: number,
): Promise<string | undefined> => {
  const tried = await tx.rows<{ channel: string }>(
    "select channel from messages where grant_id = $1 and kind = 'page' and round = $2",
    [id, round],
  );
  const open = order.filter((each) => corridor.channels.has(each) && !tried.some(({ channel }) => channel === each));
  for (const channel of open) {
    if (addressOn(channel, recipient) === null || (await pageRefused(corridor, tx, recipient, channel))) continue;
    const row = await tx.row<{ id: string }>(
      `insert into messages (grant_id, kind, round, channel, sender, state, not_before, created_at)
       values ($1, 'page', $2, $3, $4, 'queued', $5, $5) on conflict (grant_id, kind, round, channel) do nothing returning id`,
      [id, round, channel, corridor.channels.get(channel)?.sender ?? "", corridor.now()],
    );
    return row?.id;
  }
  return undefined;
};

/** A mail that was asked for is none that somebody unsubscribed from; a phone that has said STOP is left in peace. */
export const pageRefused = async (
  corridor: Corridor,
  tx: Sql,
  recipient: GrantView["recipient"],
  channel: ChannelName,
): Promise<NotTold | undefined> => {
  const answer = (await wishesOf(corridor, tx, recipient, [channel], "page")).get(channel);
  if (!answer || "allowed" in answer) return undefined;
  const onPhone = channel === "sms" || channel === "whatsapp";
  if (!onPhone && (answer.refused === "channel" || answer.refused === "category")) return undefined;
  return { ...answer, by: "address" };
};

/** As it is sent: a new one each time. */
export const pageUrl = ({ sealer, publicUrl, now }: Corridor, { recipient }: GrantView): string => {
  const expiresAt = new Date(now().getTime() + PAGE_DAYS * DAY_MS);
  return `${publicUrl}/me/${writePersonToken(sealer, { id: recipient.id, version: recipient.link_version, expiresAt })}`;
};
