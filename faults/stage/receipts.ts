/** What Twilio tells of the messages that it took, as it tells it: once and in order, or as the fault wants it. */
import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../src/simulate/random.ts";
import { PUBLIC_URL } from "./files.ts";
import type { Vendors } from "./vendors.ts";

export interface ReceiptTeller {
  /** From now on receipts are repeated, late and out of order. */
  mess(): void;
  /** Tells what is still to be told, and resolves once every receipt was taken. */
  finish(): Promise<void>;
}

const LOOK_EVERY_MS = 50;
const PATIENCE_MS = 30_000;

export const tellReceipts = (
  { twilio }: Vendors,
  random: Random,
  doors: () => readonly string[],
  over: AbortSignal,
): ReceiptTeller => {
  let messy = false;
  let finishing = false;
  let seen = 0;
  const telling: Promise<void>[] = [];
  const look = async () => {
    while (!over.aborted && (!finishing || seen < twilio.messages.length)) {
      for (const { sid, form } of twilio.messages.slice(seen)) {
        seen += 1;
        if (form.StatusCallback) telling.push(tell(twilio.authToken, { sid, callback: form.StatusCallback }, plan()));
      }
      await sleep(LOOK_EVERY_MS);
    }
  };
  const plan = () => {
    const words = ["sent", random.chance(0.9) ? "delivered" : "undelivered"];
    if (!messy) return words.map((word) => ({ word, afterMs: random.between(0, 40), together: false }));
    return random
      .shuffled([...words, ...words, ...words.filter(() => random.chance(0.5))])
      .map((word) => ({ word, afterMs: random.between(0, 400), together: random.chance(0.5) }));
  };
  const tell = async (
    authToken: string,
    { sid, callback }: { sid: string; callback: string },
    words: { word: string; afterMs: number; together: boolean }[],
  ) => {
    const told: Promise<void>[] = [];
    for (const { word, afterMs, together } of words) {
      await sleep(afterMs);
      const one = untilTaken(authToken, callback, {
        MessageSid: sid,
        MessageStatus: word,
        ...(word === "undelivered" ? { ErrorCode: "30008" } : {}),
      });
      if (together) told.push(one);
      else await one;
    }
    await Promise.all(told);
  };
  const untilTaken = async (authToken: string, callback: string, form: Record<string, string>) => {
    const said = Object.keys(form)
      .sort()
      .map((name) => name + form[name])
      .join("");
    const signature = createHmac("sha1", authToken)
      .update(callback + said)
      .digest("base64");
    const body = new URLSearchParams(form).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature };
    for (const until = performance.now() + PATIENCE_MS; performance.now() < until && !over.aborted; await sleep(100)) {
      const door = doors()[0];
      const url = door && callback.replace(PUBLIC_URL, door);
      const taken =
        url !== undefined &&
        (await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(3_000) }).then(
          (answer) => answer.ok,
          () => false,
        ));
      if (taken) return;
    }
  };
  const looking = look();
  return {
    mess() {
      messy = true;
    },
    async finish() {
      finishing = true;
      await looking;
      await Promise.all(telling);
    },
  };
};
