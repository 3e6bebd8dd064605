/** What an integrator copies from docs/channels.md must work as it stands. */
import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { parse } from "yaml";
import { z } from "zod";
import { type Carried, channelNames, openSender, senders } from "../../src/channels/index.ts";
import { valueFor } from "../docs/yaml-blocks.ts";

const entry = z.looseObject({ sender: z.string(), rate: z.string().optional() });
const Block = z.object({
  channels: z.partialRecord(z.enum(channelNames), entry).default({}),
  celebrations: z
    .record(z.string(), entry.extend({ team: z.string().optional(), language: z.string().optional() }))
    .default({}),
});

/** What would stand in the environment, and behind the ellipses. */
const filledIn = (text: string) =>
  text
    .replace(/\b(HX|MG)…/g, (_, kind) => kind + "0".repeat(32))
    .replace(/(["']?)\$\{(\w+)\}\1/g, (_, _quote, name) => JSON.stringify(valueFor(name)));

const sql = { rows: async () => [], row: async () => undefined, run: async () => 0 };
const around = { sql, now: () => new Date(), publicUrl: "https://accolade.example" };

test("every example of a channel opens its sender, and no sender or channel goes without one", async () => {
  const docs = await readFile("docs/channels.md", "utf8");
  const blocks = [...docs.matchAll(/```yaml\n((?:channels|celebrations):[\s\S]*?)```/g)].map((match) =>
    filledIn(match[1] ?? ""),
  );
  const shown = new Set<string>();
  const open = (block: string, sender: string, settings: unknown, carried: Carried) => {
    expect({ block, opened: openSender(sender, settings, carried, around) }).toMatchObject({ opened: { ok: true } });
    shown.add(`${sender}/${carried}`);
  };
  for (const block of blocks) {
    const { channels, celebrations } = Block.parse(parse(block));
    for (const [name, { sender, rate: _, ...settings }] of Object.entries(channels))
      open(block, sender, settings, channelNames.find((each) => each === name) ?? "email");
    for (const { sender, rate: _, team: __, language: ___, ...settings } of Object.values(celebrations))
      open(block, sender, settings, "celebration");
  }
  const all = senders.flatMap((kind) => kind.carries.map((channel) => `${kind.id}/${channel}`));
  expect([...shown].sort()).toEqual(all.sort());
});
