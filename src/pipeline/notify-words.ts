/** What a message says: the milestone, the reward and the link behind it, or what became of the reward. */
import type { ChannelName, MessageKind, Rendered } from "../channels/channel.ts";
import type { RewardMessage } from "../channels/index.ts";
import type { Sql } from "../db/sql.ts";
import { writeClaimToken } from "./claim-token.ts";
import type { Corridor } from "./corridor.ts";
import { disputableUntil, lastDecision } from "./dispute-window.ts";
import { firstNameOf, type GrantView, isAboutRecipient, languageOf, subjectNameOf, titlesOf } from "./grant-view.ts";
import { pageUrl } from "./page-link.ts";
import { reversedTelling } from "./reversed-telling.ts";
import { lostTelling } from "./settle-lost.ts";
import { unsubscribeLink } from "./unsubscribe.ts";

/** How long a claim link works. A message that is sent again carries a new one. */
const CLAIM_DAYS = 90;

/** Rendered for the channel, in the recipient's language, from the grant as it is now. */
export const wordsOf = async (
  corridor: Corridor,
  tx: Sql,
  grant: GrantView,
  kind: MessageKind,
  channel: ChannelName,
): Promise<Rendered> => {
  const language = languageOf(corridor, grant.recipient);
  const titles = await titlesOf(corridor, tx, grant);
  const { milestone, deal } = grant.situation;
  const expiresAt = new Date(corridor.now().getTime() + CLAIM_DAYS * 86_400_000);
  const token = writeClaimToken(corridor.sealer, { grantId: grant.id, version: grant.claim_version, expiresAt });
  const message: RewardMessage = {
    firstName: firstNameOf(grant.recipient),
    what: {
      kind: milestone.type,
      isRecipient: isAboutRecipient(grant),
      subjectName: subjectNameOf(grant.situation),
      amount:
        deal?.amount_original == null
          ? null
          : { value: deal.amount_original, currency: deal.currency ?? corridor.workspace.currency },
      cycleDays: deal?.cycle_days ?? null,
    },
    ruleTitle: titles.rule,
    rewardTitle: titles.reward,
    value: grant.value,
    claimUrl: kind === "page" ? pageUrl(corridor, grant) : `${corridor.publicUrl}/me/${token}`,
    ...(channel === "email" && kind !== "page" ? { unsubscribeUrl: unsubscribeLink(corridor, grant.id, kind) } : {}),
    workspaceName: corridor.workspace.name,
    // the last whole day, so that nobody is promised an hour too many
    expiresOn: lastWholeDay(expiresAt),
  };
  if (kind === "reward") return corridor.render(channel, language, message);
  const decided = await lastDecision(tx, grant.id);
  const until = disputableUntil(corridor, grant, decided?.at ?? null);
  const reversed = kind === "reversed" ? await reversedTelling(tx, grant, language) : undefined;
  const givenOf = async () => {
    if (reversed) return reversed.given;
    if (kind === "ready" || kind === "page") return null;
    return kind === "unavailable" ? lostTelling(tx, grant.id) : (decided?.reason ?? null);
  };
  return corridor.renderNotice(kind, channel, language, {
    ...message,
    given: await givenOf(),
    disputableUntil: until && lastWholeDay(until),
    reversal: reversed?.reversal ?? null,
    sum: reversed?.sum ?? null,
  });
};

const lastWholeDay = (end: Date): string => new Date(end.getTime() - 86_400_000).toISOString().slice(0, 10);
