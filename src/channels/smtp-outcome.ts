import { type Check, rejected, retryLater, unknown } from "../outcome.ts";
import { vendorWords } from "./call.ts";
import type { SendOutcome } from "./channel.ts";

/** What nodemailer puts on its errors, and what our pool adds. Every field may be missing. */
export interface SmtpFault extends Error {
  code?: string | undefined;
  originalCode?: string | undefined;
  /** The command that was answered: `AUTH PLAIN`, `MAIL FROM`, `RCPT TO`, `DATA`; `CONN` and `API` are nodemailer's own. */
  command?: string | undefined;
  /** Set where the server itself said so. */
  responseCode?: number | undefined;
  response?: string | undefined;
  transmitted?: boolean | undefined;
}

const certificateFaults = /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/** A reply of the server is believed; without one it matters only whether the message was under way. */
export const smtpOutcome = (error: unknown): SendOutcome => {
  const fault: Partial<SmtpFault> = typeof error === "object" && error !== null ? error : {};
  const { responseCode, command = "", code = "error" } = fault;
  const said = fault.response
    ? vendorWords(fault.response)
    : `${code}${fault.originalCode ? ` ${fault.originalCode}` : ""}`;

  // a server that does not know STARTTLS answers it with a 5xx, which says nothing about this message
  if (code === "ETLS" && !(responseCode && responseCode < 500))
    return rejected("configuration", code, `no TLS connection (${said}): check port, secure and requireTls`);
  if (responseCode !== undefined && responseCode >= 400) return answered(responseCode, command, said);
  if (fault.transmitted) return unknown(`the mail server took the message and did not confirm it (${said})`);
  if (code === "EAUTH" || code === "ENOAUTH")
    return rejected("configuration", code, "the mail server asks for a user and password: set user and password");
  if (code === "ETLS" || certificateFaults.test(fault.originalCode ?? ""))
    return rejected(
      "configuration",
      code,
      `no trusted TLS connection (${said}): check host, port, secure and requireTls`,
    );
  // nodemailer refused before connecting: an address that it cannot put into an envelope, or a message above the limit
  if (code === "EENVELOPE") return rejected("badAddress", code, "not an address that mail can be sent to");
  if (code === "EMESSAGE") return rejected("permanent", code, "the message is larger than the mail server takes");
  return retryLater(30_000, `the mail server could not be reached, nothing was sent (${said})`, "sender");
};

/** RFC 5321, 4.2 for the reply codes; RFC 3463 for the enhanced ones (5.1.x address, 5.2.x mailbox, 5.7.x policy). */
const answered = (responseCode: number, command: string, said: string): SendOutcome => {
  const code = String(responseCode);
  // 503: the session was out of step; the same message can go over a new one
  if (responseCode < 500 || responseCode === 503)
    return retryLater(
      responseCode === 421 ? 30_000 : 60_000,
      `the mail server asks for patience: ${said}`,
      responseCode === 421 ? "sender" : undefined,
    );
  const enhanced = /^\d{3}[ -]5\.(\d)\.\d{1,3}\b/.exec(said)?.[1];
  if (command.startsWith("AUTH") || responseCode === 530 || responseCode === 535)
    return rejected("configuration", code, `the mail server refused user or password: ${said}`);
  // relaying denied, sender blocked: the address may be fine, and the next one would be refused as well
  if (
    command === "MAIL FROM" ||
    command === "CONN" ||
    command === "EHLO" ||
    (command === "RCPT TO" && enhanced === "7")
  )
    return rejected("configuration", code, `the mail server does not let us send: ${said}`);
  if (command === "RCPT TO" || enhanced === "1" || enhanced === "2")
    return rejected("badAddress", code, `the mail server refused the address: ${said}`);
  return rejected("permanent", code, `the mail server refused the message: ${said}`);
};

/** A line of doctor for a server that did not let us in. */
export const smtpCheck = (what: string, error: unknown): Check => {
  const outcome = smtpOutcome(error);
  const found = "detail" in outcome ? outcome.detail : outcome.outcome;
  const todo =
    outcome.outcome === "rejected"
      ? "correct channels.email in accolade.yaml: host, port, secure, user, password"
      : "check host and port, and that this machine may reach them; many networks block port 25";
  return { ok: false, what, found, todo };
};
