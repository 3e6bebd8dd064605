/** A mail that a server sent about a mail of ours: a delivery status (RFC 3464) or a complaint (RFC 5965). */
import { type ParsedMail, simpleParser } from "mailparser";
import type { MessageReceipt } from "../../receipt.ts";
import { vendorWords } from "../call.ts";

type Told = Omit<Extract<MessageReceipt, { what: "state" }>, "what" | "key" | "message" | "at">;

/** Undefined for a mail that says nothing of the kind: somebody's holiday, a person's answer. Never throws. */
export const readBounceMail = async (raw: Buffer): Promise<Told | undefined> => {
  try {
    const mail = await simpleParser(raw, {
      keepDeliveryStatus: true,
      skipImageLinks: true,
      skipTextToHtml: true,
      skipTextLinks: true,
    });
    const status = partOf(mail, "message/delivery-status");
    if (status !== undefined) return readStatus(status);
    const feedback = partOf(mail, "message/feedback-report");
    return feedback === undefined ? undefined : readFeedback(feedback);
  } catch {
    return undefined;
  }
};

const partOf = ({ attachments }: ParsedMail, type: string): string | undefined =>
  attachments.find(({ contentType }) => contentType === type)?.content.toString("utf8");

/** Fields of a part that is written like headers; each blank line begins the next recipient. */
const fieldsOf = (text: string): Map<string, string>[] =>
  text
    .replace(/\r\n/g, "\n")
    .replace(/\n[ \t]+/g, " ")
    .split(/\n\s*\n/)
    .map((block) => new Map(block.split("\n").flatMap((line) => field(line))));

const field = (line: string): [string, string][] => {
  const match = /^([\w-]+):\s*(.*)$/.exec(line);
  return match ? [[(match[1] ?? "").toLowerCase(), (match[2] ?? "").trim()]] : [];
};

/** Our mails have one recipient, so the first one told of is theirs. */
const readStatus = (text: string): Told | undefined => {
  const recipient = fieldsOf(text).find((fields) => fields.has("action"));
  const status = recipient?.get("status")?.match(/\d\.\d{1,3}\.\d{1,3}/)?.[0] ?? "";
  const said = vendorWords((recipient?.get("diagnostic-code") ?? "no details").replace(/^\w+;\s*/, ""));
  switch (recipient?.get("action")?.toLowerCase()) {
    case "failed":
      return {
        state: "failed",
        code: status || "bounce",
        detail: `bounced: ${said}`,
        ...(isGone(status) ? { address: "bad" } : mayPass(status) ? { address: "soft" } : {}),
      };
    case "delivered":
      return { state: "delivered" };
    case "relayed":
    case "expanded":
      return { state: "sent" };
    default:
      return undefined; // delayed: it is still tried
  }
};

/** RFC 3463: 5.1.x is about the address, 5.2.1 a mailbox that takes nothing any more. */
const isGone = (status: string): boolean => /^5\.1\.|^5\.2\.1$/.test(status);

/** The same: 4.x.x was tried until nobody tried any longer, 5.2.2 is a full mailbox. A policy says nothing of the address. */
const mayPass = (status: string): boolean => /^4\.|^5\.2\.2$/.test(status);

const readFeedback = (text: string): Told | undefined => {
  const type = fieldsOf(text)[0]?.get("feedback-type")?.toLowerCase();
  if (type === "abuse" || type === "fraud") return { state: "delivered", code: type, address: "complained" };
  return type === "opt-out" || type === "opt-out-list"
    ? { state: "delivered", code: type, address: "optedOut" }
    : undefined;
};
