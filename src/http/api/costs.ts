import { z } from "zod";
import { addCosts, CostInput } from "../../pipeline/costs.ts";
import { defineRoute } from "./route.ts";

const MOST = 1_000;

export const costRoutes = [
  defineRoute({
    method: "post",
    path: "/costs",
    summary: "Take in one cost or a list: all of them, or none where one is wrong. The same ones again change nothing",
    roles: ["editor"],
    body: z.union([CostInput, z.array(CostInput).min(1).max(MOST)]),
    answer: z.object({
      added: z.number().int(),
      known: z.number().int().describe("There already with the same content"),
      changed: z.number().int().describe("There already under this id with other content: replaced"),
    }),
    handle: async ({ corridor, body }) => ({
      answer: await addCosts(corridor, Array.isArray(body) ? body : [body]),
    }),
  }),
];
