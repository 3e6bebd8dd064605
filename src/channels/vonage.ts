/** Vonage's Messages API, for SMS. https://developer.vonage.com/api/messages */
import { createPrivateKey, randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import { z } from "zod";
import { type Check, rejected } from "../outcome.ts";
import { VendorAddress } from "../vendor-address.ts";
import { callVendor, type Reply } from "./call.ts";
import { defineSender } from "./channel.ts";
import { vonageOutcome } from "./vonage-outcome.ts";
import { vonageReceipts } from "./vonage-receipts.ts";

const isPem = (text: string) => {
  try {
    return createPrivateKey(text).asymmetricKeyType === "rsa";
  } catch {
    return false;
  }
};

const Settings = z
  .strictObject({
    applicationId: z.uuid().optional().describe("Application ID, with `privateKey`; needed for receipts"),
    privateKey: z
      .string()
      .refine(isPem, "expected the application's RSA private key in PEM form")
      .optional()
      .describe("Private key of that application, in PEM form"),
    apiKey: z.string().min(1).optional().describe("API key of the account, instead of the application"),
    apiSecret: z.string().min(1).optional().describe("Secret of that API key"),
    from: z
      .string()
      .transform((from) => from.replace(/^\+/, ""))
      .pipe(z.string().regex(/^[A-Za-z0-9 ]{1,15}$/, "expected a number, or a name of up to 11 letters and digits"))
      .describe("Your number, or an alphanumeric sender"),
    signatureSecret: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Signature secret of the account: receipts are asked for, and refused where they are not signed with it",
      ),
    apiBase: VendorAddress.default("https://api.nexmo.com").describe("Base URL of the API"),
    timeoutMs: z
      .number()
      .int()
      .positive()
      .max(75_000)
      .default(30_000)
      .describe("Longest wait for an answer, in milliseconds"),
  })
  .refine(
    ({ applicationId, privateKey, apiKey, apiSecret }) =>
      (applicationId !== undefined && privateKey !== undefined) || (apiKey !== undefined && apiSecret !== undefined),
    { message: "expected applicationId with privateKey, or apiKey with apiSecret", path: ["applicationId"] },
  );
type Settings = z.infer<typeof Settings>;

export const vonage = defineSender({
  id: "vonage",
  label: "Vonage",
  carries: ["sms"],
  settings: Settings,
  secrets: ["privateKey", "apiSecret", "signatureSecret"],
  open(settings, _channel, { now, publicUrl }) {
    const { from, timeoutMs, signatureSecret } = settings;
    const post = async (content: unknown): Promise<Reply> =>
      callVendor({
        url: `${settings.apiBase.replace(/\/+$/, "")}/v1/messages`,
        method: "POST",
        headers: {
          authorization: await authorization(settings, now()),
          "content-type": "application/json",
          accept: "application/json",
        },
        body: JSON.stringify(content),
        timeoutMs,
        now,
      });
    const receipts = signatureSecret === undefined ? {} : { webhook_url: `${publicUrl}/receipts/sms` };
    return {
      async send({ key, to, rendered }) {
        if (rendered.channel !== "sms")
          return rejected("permanent", "not_carried", `Vonage does not carry ${rendered.channel}`);
        const number = to.replace(/^\+/, "");
        const { text } = rendered;
        return vonageOutcome(
          // the reference comes back in every receipt; it does not keep a second call from being a second message
          await post({ channel: "sms", message_type: "text", to: number, from, text, client_ref: key, ...receipts }),
        );
      },
      async check() {
        // without a message there is nothing to send: what is refused first is whoever may not
        return [credentials(await post({}))];
      },
      ...(signatureSecret === undefined ? {} : { receive: vonageReceipts(signatureSecret, now) }),
    };
  },
});

const authorization = async (
  { applicationId, privateKey, apiKey, apiSecret }: Settings,
  now: Date,
): Promise<string> => {
  if (applicationId === undefined || privateKey === undefined)
    return `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString("base64")}`;
  const seconds = Math.floor(now.getTime() / 1000);
  const token = await new SignJWT({ application_id: applicationId })
    .setProtectedHeader({ alg: "RS256", typ: "JWT" })
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + 300)
    .setJti(randomUUID())
    .sign(createPrivateKey(privateKey));
  return `Bearer ${token}`;
};

const credentials = (reply: Reply): Check => {
  const what = "Vonage credentials";
  if (reply.status === 400 || reply.status === 422) return { ok: true, what };
  if (reply.status === 401 || reply.status === 403)
    return {
      ok: false,
      what,
      found: `refused (${reply.status})`,
      todo: "copy the application's ID and private key, or API key and secret, from the Vonage dashboard",
    };
  const found = reply.status === "none" ? reply.why : `an answer of ${reply.status}`;
  return { ok: false, what, found, todo: "check that this machine may reach api.nexmo.com over HTTPS, then try again" };
};
