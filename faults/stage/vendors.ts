/** The vendors of a run: Tremendous, a mail server and Twilio, as the tests' stand-ins speak for them. */
import type { Random } from "../../src/simulate/random.ts";
import { type SmtpMood, type SmtpSink, startSmtpSink } from "../../test/support/smtp-sink.ts";
import { startTremendousApi, type TremendousApi } from "../../test/support/tremendous-api.ts";
import { startTwilioApi, type TwilioApi } from "../../test/support/twilio-api.ts";

export interface Vendors {
  tremendous: TremendousApi;
  smtp: SmtpSink;
  twilio: TwilioApi;
  /** One of the ways in which each can go wrong, until the next call. Gives what it is, for the run's notes. */
  trouble(random: Random): string;
  /** All is well. */
  calm(): void;
  close(): Promise<void>;
}

const orderTroubles = {
  "hangs after taking it": (api) => {
    api.faults.afterAccept = "hang";
  },
  "resets after taking it": (api) => {
    api.faults.afterAccept = "reset";
  },
  "says 500 after taking it": (api) => {
    api.faults.afterAccept = 500;
  },
  "says 429 with Retry-After": (api) => {
    api.faults.instead = { to: "", status: 429, headers: { "retry-after": "1" } };
  },
  "says 429 without": (api) => {
    api.faults.instead = { to: "", status: 429 };
  },
  "is down": (api) => {
    api.faults.instead = { to: "", status: 503 };
  },
  "is well": () => {},
} satisfies Record<string, (api: TremendousApi) => void>;

const mailTroubles = [
  "accept",
  "deferContent",
  "deferRecipient",
  "closeAfterData",
  "cutAtGreeting",
  "cutAtRecipient",
  "cutAfterData",
  "hang",
] as const satisfies readonly SmtpMood[];
const textTroubles = ["accept", "limited", "limitedFor7", "hang", "reset", "failAfter", "garble"] as const;

export const startVendors = async (): Promise<Vendors> => {
  const [tremendous, smtp, twilio] = await Promise.all([startTremendousApi(), startSmtpSink(), startTwilioApi()]);
  tremendous.behaviour.balance = 1_000_000;
  const heal = () => {
    tremendous.faults.afterAccept = undefined;
    tremendous.faults.instead = undefined;
  };
  return {
    tremendous,
    smtp,
    twilio,
    trouble(random) {
      heal();
      const [order, mail, text] = [
        random.pick(Object.keys(orderTroubles) as [keyof typeof orderTroubles]),
        random.pick(mailTroubles),
        random.pick(textTroubles),
      ];
      orderTroubles[order](tremendous);
      smtp.setMood(mail);
      twilio.setMood(text);
      return `Tremendous ${order}, mail ${mail}, Twilio ${text}`;
    },
    calm() {
      heal();
      smtp.setMood("accept");
      twilio.setMood("accept");
    },
    async close() {
      await Promise.all([tremendous.close(), smtp.close(), twilio.close()]);
    },
  };
};
