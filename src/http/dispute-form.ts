/** What the form of a dispute sends, as far as it can be read. How long its texts may be is for the corridor to say. */
import { z } from "zod";
import type { Complaint } from "../pipeline/disputes.ts";

const Form = z.object({
  what: z.enum(["this", "missing"]),
  about: z.string().default(""),
  text: z.string().default(""),
});

/** Undefined for a body that no form of ours sends. */
export const readDispute = (body: unknown): Complaint | undefined => {
  const parsed = Form.safeParse(body);
  return parsed.success ? { ...parsed.data, about: parsed.data.about || null } : undefined;
};
