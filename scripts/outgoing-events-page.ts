/** Writes docs/outgoing-events.md from src/outgoing-events.ts: `npm run docs`. A test compares the two. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { outgoingEvents, outgoingTypes } from "../src/outgoing-events.ts";

interface Schema {
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  items?: Schema;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
}

const kindOf = ({ type, enum: values, anyOf }: Schema): string => {
  if (values) return values.map((value) => `\`${String(value)}\``).join(" or ");
  if (anyOf) return anyOf.map(kindOf).join(" or ");
  return [type ?? ""]
    .flat()
    .map((each) => names[each] ?? each)
    .join(" or ");
};
const names: Readonly<Record<string, string>> = { integer: "number", string: "text", array: "list", object: "map" };

const rowsOf = (schema: Schema, above = ""): string[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => [
    `| \`${above}${name}\` | ${kindOf(inner)} | ${inner.description ?? ""} |`,
    ...rowsOf(inner, `${above}${name}.`),
    ...(inner.items ? rowsOf(inner.items, `${above}${name}[].`) : []),
  ]);

const kinds = [...new Set(outgoingTypes.map((type) => type.replace(/\..*/, "")))];

const section = (kind: string): string => {
  const types = outgoingTypes.filter((type) => type.startsWith(`${kind}.`));
  const [first] = types;
  if (!first) return "";
  const data = z.toJSONSchema(outgoingEvents[first].data, { io: "input" }) as Schema;
  return `## ${kind}

| event | sent when |
|---|---|
${types.map((type) => `| \`${type}\` | ${outgoingEvents[type].when} |`).join("\n")}

| in \`data\` | value | what it is |
|---|---|---|
${rowsOf(data).join("\n")}
`;
};

/** The whole page, as it must be in the file. */
export const outgoingEventsPage = (): string => `# Outgoing events

Written from the declarations in the code by \`npm run docs\`: do not edit it here. How to receive them:
[webhooks-out.md](webhooks-out.md). Every body is \`{ "type": …, "timestamp": …, "data": … }\`; keys may be added later, and none is taken away.

${kinds.map(section).join("\n")}`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  writeFileSync(path.resolve(import.meta.dirname, "..", "docs", "outgoing-events.md"), outgoingEventsPage());
