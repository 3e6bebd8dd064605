/** Record ids that no earlier run made: the run itself is part of them. */
import { createHash } from "node:crypto";

export interface Ids {
  /** HubSpot: a whole number above 2^31 and below 2^53. */
  number(): string;
  /** Salesforce: 18 characters behind the object's prefix, `006`. */
  salesforce(prefix: string): string;
  /** Any other system: `deal-1f0c9a-7`. */
  text(kind: string): string;
}

const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const MOST_IN_A_RUN = 1_000_000;

export const createIds = (run: string): Ids => {
  const digest = createHash("sha256").update(run).digest();
  // 33 bits for the run, and six decimals for its records, stay below 2^53
  const base = (digest.readUInt32BE(0) + 2 ** 32) * MOST_IN_A_RUN;
  const run62 = [...digest.subarray(0, 7)].map((byte) => letters[byte % letters.length]).join("");
  let numbers = 0;
  let others = 0;
  return {
    number: () => String(base + ++numbers),
    salesforce(prefix) {
      let rest = "";
      for (let left = ++others; rest.length < 5; left = Math.floor(left / letters.length))
        rest = (letters[left % letters.length] ?? "0") + rest;
      return withSuffix(prefix + run62 + rest);
    },
    text: (kind) => `${kind}-${digest.toString("hex", 0, 4)}-${++others}`,
  };
};

/**
 * The three characters that tell which letters of a 15-character id are capitals, for systems that do not see case.
 * https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/field_types.htm
 */
const withSuffix = (id: string): string => {
  let suffix = "";
  for (const start of [0, 5, 10]) {
    let bits = 0;
    for (let at = 0; at < 5; at++) if (/[A-Z]/.test(id[start + at] ?? "")) bits |= 1 << at;
    suffix += "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits];
  }
  return id + suffix;
};
