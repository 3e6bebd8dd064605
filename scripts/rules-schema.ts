/** Writes rules/rules.schema.json, for editors, from the declarations that rule files are checked with: `npm run docs`. A test compares the two. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { wholes } from "../src/engine/shape-pieces.ts";
import { topShape } from "../src/engine/shapes.ts";
import { providerKinds } from "../src/rewards/index.ts";

/** A declaration as JSON Schema, with what is read later in its place. */
const schemaOf = (declared: z.ZodType): Record<string, unknown> =>
  z.toJSONSchema(declared, {
    io: "input",
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }) {
      const as = wholes.get(zodSchema)?.as;
      if (!(as instanceof z.ZodType)) return;
      const { description } = jsonSchema;
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
      const { $schema, ...whole } = schemaOf(as);
      Object.assign(jsonSchema, whole, description === undefined ? {} : { description });
    },
  });

interface RewardSchema {
  properties: { via: { items: { properties: object } } };
}

/** The whole file, as it must be. */
export const rulesSchema = (): string => {
  const schema = schemaOf(z.strictObject(topShape)) as {
    properties: { rewards: { items?: RewardSchema; anyOf?: { items?: RewardSchema }[] } };
  };
  const { rewards } = schema.properties;
  const reward = rewards.items ?? rewards.anyOf?.find(({ items }) => items)?.items;
  // which provider a reward comes from is known only in accolade.yaml: an editor offers the keys of all of them
  for (const { options, label } of providerKinds) {
    for (const [key, { description, ...rest }] of Object.entries(schemaOf(options).properties ?? {}))
      for (const properties of [reward?.properties, reward?.properties.via.items.properties])
        Object.assign(properties ?? {}, { [key]: { ...rest, description: `${label}: ${description}` } });
  }
  const titled = { title: "Rules of Accolade", description: "Files of the folder `rules/`: see docs/write-rules.md" };
  return `${JSON.stringify({ ...schema, ...titled }, null, 2)}\n`;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(path.resolve(import.meta.dirname, "..", "rules", "rules.schema.json"), rulesSchema());
}
