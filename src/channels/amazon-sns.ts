/** SMS by Amazon SNS: the action Publish to a phone number. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
import { AwsV4Signer } from "aws4fetch";
import { z } from "zod";
import { type Check, rejected } from "../outcome.ts";
import { VendorAddress } from "../vendor-address.ts";
import { snsOutcome } from "./amazon-sns-outcome.ts";
import { callVendor, type Reply } from "./call.ts";
import { defineSender } from "./channel.ts";

const Settings = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "expected an AWS region, such as eu-south-1")
    .describe("AWS region that sends SMS: `eu-south-1`"),
  accessKeyId: z.string().min(1).describe("Access key of a user who may publish to phone numbers and nothing else"),
  secretAccessKey: z.string().min(1).describe("Its secret"),
  sessionToken: z.string().min(1).optional().describe("Only with temporary credentials"),
  senderId: z
    .string()
    .regex(/^(?=.*[A-Za-z])[A-Za-z0-9-]{1,11}$/, "expected up to 11 letters and digits, at least one letter")
    .optional()
    .describe("Name that the phone shows, where the country allows it"),
  type: z
    .enum(["Transactional", "Promotional"])
    .default("Transactional")
    .describe("`Transactional` is sent for reliable delivery, `Promotional` for cost"),
  maxPrice: z.number().positive().max(10).optional().describe("Most that one message may cost, in US dollars"),
  apiBase: VendorAddress.optional().describe("Base URL of the API; default `https://sns.<region>.amazonaws.com`"),
  timeoutMs: z
    .number()
    .int()
    .positive()
    .max(35_000)
    .default(30_000)
    .describe("Longest wait for an answer, in milliseconds"),
});
type Settings = z.infer<typeof Settings>;

export const amazonSns = defineSender({
  id: "amazon-sns",
  label: "Amazon SNS",
  carries: ["sms"],
  settings: Settings,
  secrets: ["secretAccessKey", "sessionToken"],
  open(settings, _channel, { now }) {
    const call = async (form: Record<string, string>): Promise<Reply> => {
      const url = `${(settings.apiBase ?? `https://sns.${settings.region}.amazonaws.com`).replace(/\/+$/, "")}/`;
      const body = new URLSearchParams({ ...form, Version: "2010-03-31" }).toString();
      const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
      const { region, accessKeyId, secretAccessKey, sessionToken, timeoutMs } = settings;
      const signed = await new AwsV4Signer({
        ...{ method: "POST", url, headers, body, service: "sns", region, accessKeyId, secretAccessKey },
        ...(sessionToken === undefined ? {} : { sessionToken }),
        datetime: now()
          .toISOString()
          .replace(/[:-]|\.\d{3}/g, ""),
      }).sign();
      return callVendor({ url, method: "POST", headers: Object.fromEntries(signed.headers), body, timeoutMs, now });
    };
    return {
      async send({ to, rendered }) {
        if (rendered.channel !== "sms")
          return rejected("permanent", "not_carried", `Amazon SNS does not carry ${rendered.channel}`);
        // Publish takes a message to such a number, and it is not delivered
        const asked = await call({ Action: "CheckIfPhoneNumberIsOptedOut", phoneNumber: to });
        if (asked.status === 200 && /<isOptedOut>true</.test(asked.text))
          return rejected("optedOut", "OptedOut", "this number has opted out of SMS from your AWS account");
        return snsOutcome(
          await call({ Action: "Publish", PhoneNumber: to, Message: rendered.text, ...attributes(settings) }),
        );
      },
      async check() {
        return [credentials(await call({ Action: "GetSMSAttributes" }))];
      },
    };
  },
});

/** https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html */
const attributes = ({ type, senderId, maxPrice }: Settings): Record<string, string> => {
  const given: [string, string, string][] = [["AWS.SNS.SMS.SMSType", "String", type]];
  if (senderId !== undefined) given.push(["AWS.SNS.SMS.SenderID", "String", senderId]);
  if (maxPrice !== undefined) given.push(["AWS.SNS.SMS.MaxPrice", "Number", String(maxPrice)]);
  return Object.fromEntries(
    given.flatMap(([name, kind, value], index) => {
      const entry = `MessageAttributes.entry.${index + 1}`;
      return [
        [`${entry}.Name`, name],
        [`${entry}.Value.DataType`, kind],
        [`${entry}.Value.StringValue`, value],
      ];
    }),
  );
};

const credentials = (reply: Reply): Check => {
  const what = "Amazon SNS";
  if (reply.status === 200) {
    const limit = /<key>MonthlySpendLimit<\/key>\s*<value>([\d.]+)</.exec(reply.text)?.[1];
    return { ok: true, what, ...(limit === undefined ? {} : { detail: `monthly spend limit ${limit} USD` }) };
  }
  if (reply.status === 400 || reply.status === 403)
    return {
      ok: false,
      what,
      found: `refused (${reply.status})`,
      todo: "check region, access key and clock; the user needs sns:Publish, sns:CheckIfPhoneNumberIsOptedOut and sns:GetSMSAttributes",
    };
  const found = reply.status === "none" ? reply.why : `an answer of ${reply.status}`;
  return { ok: false, what, found, todo: "check the region, and that this machine may reach AWS over HTTPS" };
};
