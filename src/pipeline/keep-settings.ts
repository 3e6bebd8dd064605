/** What recipients want, as they say it on their own page: it goes before what anybody else says of them. */
import type { ChannelName } from "../channels/channel.ts";
import { tellWhole } from "../people/person-words.ts";
import { keptQuietHours, type QuietHours } from "../people/quiet-hours.ts";
import type { Corridor } from "./corridor.ts";
import { noteConsent } from "./note-consent.ts";
import { personBehind, viewPerson } from "./person-page.ts";

/** The whole form: what is not in it is not wanted. */
export interface WantedSettings {
  /** Channels that are on. */
  channels: readonly string[];
  preferred: ChannelName | null;
  language: string | null;
  timeZone: string | null;
  quietHours: QuietHours | "off" | null;
  private: boolean;
}

/** Of the words beside the switches, for evidence. Raised when they say something else. */
const TEXT_VERSION = "page 2026-11";

/** False where the token opens nothing. The same form again changes nothing. */
export const keepSettings = async (corridor: Corridor, token: string, wanted: WantedSettings): Promise<boolean> => {
  const behind = await personBehind(corridor, token);
  const page = behind && (await viewPerson(corridor, token));
  if (!behind || !page) return false;
  const { id } = behind.recipient;
  const at = corridor.now();
  await corridor.database.transaction(async (tx) => {
    for (const { channel, on } of page.settings.channels) {
      const asked = wanted.channels.includes(channel);
      if (asked === on) continue;
      await noteConsent(corridor, tx, {
        who: { recipientId: id },
        channel,
        category: "all",
        status: asked ? "in" : "out",
        source: "page",
        evidence: TEXT_VERSION,
        at,
      });
    }
    await tellWhole(tx, "own", [
      { recipientId: id, field: "language", value: wanted.language },
      { recipientId: id, field: "time_zone", value: wanted.timeZone },
    ]);
    await tx.run("update recipients set preferred_channel = $2, quiet_hours = $3, private = $4 where id = $1", [
      id,
      wanted.preferred,
      wanted.quietHours === null ? null : keptQuietHours(wanted.quietHours),
      wanted.private,
    ]);
  });
  return true;
};
