import { z } from "zod";
import { wordFields } from "../../people/person-words.ts";
import { importPeople } from "../../pipeline/import-people.ts";
import { readPeopleCsv } from "../../pipeline/read-people-csv.ts";
import { defineRoute, refused } from "./route.ts";

const Field = z.enum(wordFields);
/** Nothing is decided while people are taken in. */
const MOST = 1_000;

export const peopleImportRoutes = [
  defineRoute({
    method: "post",
    path: "/people/import",
    summary: "Take people in from CSV: lines that are wrong are left out and listed. The same again changes nothing",
    roles: ["editor"],
    bodyLimit: "1mb",
    body: z.strictObject({
      csv: z.string().min(1).describe(`The file's text, as accolade people import takes it; at most ${MOST} people`),
      check: z.boolean().default(false).describe("Only say what it would change"),
    }),
    answer: z.object({
      written: z.boolean().describe("False where it was only checked"),
      people: z
        .array(
          z.object({
            email: z.string(),
            name: z.string(),
            isNew: z.boolean(),
            changes: z.array(z.object({ field: Field, from: z.string().nullable(), to: z.string().nullable() })),
            agreed: z.array(z.string()).describe("Channels to which they agreed, which was not known before"),
            kept: z
              .array(z.object({ field: Field, value: z.string(), source: z.string() }))
              .describe("What the file says and somebody else knows better: own (their word) or people.yaml"),
          }),
        )
        .describe("Everybody of the lines that are right"),
      problems: z
        .array(
          z.object({
            line: z.number().int(),
            column: z.number().int(),
            found: z.string(),
            expected: z.string(),
          }),
        )
        .describe("Lines that were left out. Both numbers count from 1; column is the cell's place in its line"),
      forgotten: z.number().int().describe("Lines of people who asked to be forgotten: left out, too"),
    }),
    refusals: [422],
    async handle({ corridor, body: { csv, check } }) {
      const { people, problems } = readPeopleCsv(csv, new Set(corridor.connections.keys()));
      if (people.length > MOST)
        return refused(
          422,
          "too_many",
          `body.csv: found ${people.length} people, expected at most ${MOST} in one call.`,
        );
      const done = await importPeople(corridor, people, { check });
      return { answer: { written: !check, ...done, problems } };
    },
  }),
];
