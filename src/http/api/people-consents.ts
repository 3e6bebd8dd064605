import { z } from "zod";
import { channelNames } from "../../channels/index.ts";
import { findPerson } from "../../people/find-person.ts";
import { noteConsent } from "../../pipeline/note-consent.ts";
import { defineRoute, refused } from "./route.ts";
import { Id } from "./shapes.ts";

export const consentRoutes = [
  defineRoute({
    method: "post",
    path: "/people/{who}/consents",
    summary: "Note what somebody told you of being written to: it counts as if they had said it on their own page",
    roles: ["editor"],
    params: z.strictObject({
      who: z.string().max(320).describe("Id, email address, phone number, or connection%2Fuser%2Fid"),
    }),
    body: z.strictObject({
      channel: z.enum([...channelNames, "all"]),
      status: z.enum(["in", "out"]).describe("in: they want it, or agree to it; out: they do not"),
      evidence: z.string().min(1).max(200).describe("How you know: a form and its date, a call. No address of theirs"),
    }),
    answer: z.object({ recipient: Id }),
    refusals: [404],
    async handle({ corridor, user, path: { who }, body: { channel, status, evidence } }) {
      const found = await findPerson(corridor.database, who);
      if (!found.ok) return refused(404, "not_found", found.problem);
      const { id } = found.person;
      await corridor.database.transaction((tx) =>
        noteConsent(corridor, tx, {
          who: { recipientId: id },
          channel,
          category: "all",
          status,
          source: "admin",
          evidence: `${user.email}: ${evidence}`,
          at: corridor.now(),
        }),
      );
      return { answer: { recipient: id } };
    },
  }),
];
