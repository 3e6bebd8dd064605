/** What an integrator copies from docs/channels.md must work as it stands. */
import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { parse } from "yaml";
import { z } from "zod";
import { channelNames, openSender, senders } from "../../src/channels/index.ts";
import { sendgridAccount } from "../support/mail-services.ts";

const Block = z.object({ channels: z.partialRecord(z.enum(channelNames), z.looseObject({ sender: z.string() })) });

/** What would stand in the environment, and behind the ellipses. */
const filledIn = (text: string) =>
  text
    .replace(/\$\{TWILIO_ACCOUNT_SID\}/g, `AC${"0".repeat(32)}`)
    .replace(/\b(HX|MG)…/g, (_, kind) => kind + "0".repeat(32))
    .replace(/\$\{SENDGRID_VERIFICATION_KEY\}/g, sendgridAccount().verificationKey)
    .replace(/\$\{\w+\}/g, "from-the-environment-32-characters");

const sql = { rows: async () => [], row: async () => undefined, run: async () => 0 };
const around = { sql, now: () => new Date(), publicUrl: "https://accolade.example" };

test("every example of a channel opens its sender, and no sender or channel goes without one", async () => {
  const docs = await readFile("docs/channels.md", "utf8");
  const blocks = [...docs.matchAll(/```yaml\n(channels:[\s\S]*?)```/g)].map((match) => filledIn(match[1] ?? ""));
  const shown = new Set<string>();
  for (const block of blocks)
    for (const [name, { sender, ...settings }] of Object.entries(Block.parse(parse(block)).channels)) {
      const channel = channelNames.find((each) => each === name) ?? "email";
      expect({ block, opened: openSender(sender, settings, channel, around) }).toMatchObject({ opened: { ok: true } });
      shown.add(`${sender}/${channel}`);
    }
  const all = senders.flatMap((kind) => kind.carries.map((channel) => `${kind.id}/${channel}`));
  expect([...shown].sort()).toEqual(all.sort());
});
