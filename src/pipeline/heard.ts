/** Somebody wrote to us: their words may stop or start a channel, and whoever writes from an address has it. */
import type { ChannelName } from "../channels/channel.ts";
import type { Sql } from "../db/sql.ts";
import type { Corridor } from "./corridor.ts";
import { noteConsent } from "./note-consent.ts";
import { saidWords } from "./said-words.ts";

export const hear = async (
  corridor: Corridor,
  tx: Sql,
  channel: ChannelName,
  { from, text, at }: { from: string; text: string; at: Date },
): Promise<void> => {
  const said = { who: { address: from }, channel, category: "all", at };
  const word = saidWords(text);
  if (word === "stop") await noteConsent(corridor, tx, { ...said, status: "out", source: "STOP", evidence: "STOP" });
  if (word === "start") await noteConsent(corridor, tx, { ...said, status: "in", source: "START", evidence: "START" });
  await noteConsent(corridor, tx, { ...said, status: "works", source: "heard", evidence: null });
};
