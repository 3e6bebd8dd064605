/** The ways in which mail is heard of again. To add one: a file here, and its line in both lists. */
import { z } from "zod";
import { bounces } from "./bounces.ts";
import type { MailReceipts } from "./mail-receipts.ts";
import { postmark } from "./postmark.ts";
import { sendgrid } from "./sendgrid.ts";
import { ses } from "./ses.ts";

const kinds = [ses, sendgrid, postmark, bounces] as const;

/** `receipts:` of the SMTP sender. */
export const MailReceiptsSettings = z.discriminatedUnion("from", [
  ses.settings,
  sendgrid.settings,
  postmark.settings,
  bounces.settings,
]);

/** Settings that are secret, below `receipts`. */
export const mailReceiptsSecrets: readonly string[] = kinds.flatMap(({ secrets }) => secrets);

export const openMailReceipts = (
  settings: z.infer<typeof MailReceiptsSettings>,
  around: { now: () => Date; domain: string },
): MailReceipts => {
  switch (settings.from) {
    case "ses":
      return ses.open(settings, around);
    case "sendgrid":
      return sendgrid.open(settings, around);
    case "postmark":
      return postmark.open(settings, around);
    case "bounces":
      return bounces.open(settings, around);
  }
};
