/**
 * Your own mail server: each mail has an envelope sender of its own, to which other servers send what became of it. Your
 * server hands such mails to `accolade bounce`, or a gateway posts them to `/receipts/email`.
 */
import { z } from "zod";
import type { MessageReceipt } from "../../receipt.ts";
import { readBounceMail } from "./bounce-mail.ts";
import { type MailReceiptsKind, MESSAGE_HEADER, whoTells } from "./mail-receipts.ts";
import { readReturnToken, returnTokensIn, writeReturnToken } from "./return-path.ts";
import { sameText } from "./same-text.ts";

const Settings = z.strictObject({
  from: z.literal("bounces").describe(whoTells),
  address: z
    .email()
    .refine((address) => address.indexOf("@") <= 20, "expected at most 20 characters before the @")
    .optional()
    .describe(
      "Where bounces come: `bounce@example.com` gives bounce+<token>@example.com; default bounce@<domain of from>",
    ),
  secret: z
    .string()
    .min(32, "expected at least 32 characters")
    .describe("Signs those addresses; a gateway that posts bounces gives it as its bearer token"),
});

export const bounces: MailReceiptsKind<z.infer<typeof Settings>> = {
  id: "bounces",
  settings: Settings,
  secrets: ["secret"],
  open({ secret, address }, { now, domain }) {
    const [mailbox = "bounce", host = domain] = (address ?? "").split("@").filter((part) => part !== "");
    const hearMail = async (raw: Buffer): Promise<MessageReceipt[]> => {
      // a long line may be folded or broken on its way
      const key = returnTokensIn(
        raw
          .toString("latin1")
          .replace(/=\r?\n/g, "")
          .replace(/\r?\n[ \t]+/g, " "),
      )
        .map((token) => readReturnToken(secret, token))
        .find((each) => each !== undefined);
      const told = key === undefined ? undefined : await readBounceMail(raw);
      if (key === undefined || !told) return [];
      return [{ what: "state", key: `${key}/${told.state}/${told.code ?? ""}`, message: { key }, at: now(), ...told }];
    };
    return {
      headers: (key) => ({ [MESSAGE_HEADER]: writeReturnToken(secret, key) }),
      returnPath: (key) => `${mailbox}+${writeReturnToken(secret, key)}@${host}`,
      hearMail,
      async receive({ method, headers, body }) {
        if (method !== "POST") return { refused: 405, reason: "method" };
        const given = headers.authorization;
        if (given === undefined) return { refused: 401, reason: "token_missing" };
        if (!sameText(given, `Bearer ${secret}`)) return { refused: 401, reason: "token" };
        return { receipts: await hearMail(body) };
      },
    };
  },
};
