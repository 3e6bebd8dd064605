/**
 * What a provider or channel answers. One closed type: an expected refusal is a value, and the corridor stores it as an
 * attempt before it does anything else. A throw means that we are broken.
 */
export type Outcome<Accepted = { reference: string }> =
  | ({ outcome: "accepted" } & Accepted)
  | { outcome: "rejected"; kind: Rejection; code: string; detail: string }
  /**
   * The vendor did not process it and asks for patience. The only outcome that the queue repeats. `of`: whom it is asked
   * for, beside this one request: everything that goes to this `sender`, or what goes there to this `recipient`.
   */
  | { outcome: "retryLater"; afterMs: number; detail: string; of?: "sender" | "recipient" }
  /** Nobody knows whether it was done. Looked up by key, never repeated with a new key. */
  | { outcome: "unknown"; detail: string };

/**
 * - `permanent`: this request will never be taken
 * - `configuration`: wrong credentials, unknown product or template: an admin must act, then it can go on
 * - `funds`: no money or no stock at the provider: it can go on once refilled
 * - `optedOut`: the recipient does not want this channel
 * - `badAddress`: no such address or number
 */
export type Rejection = "permanent" | "configuration" | "funds" | "optedOut" | "badAddress";

export const rejected = (kind: Rejection, code: string, detail: string) =>
  ({ outcome: "rejected", kind, code, detail }) as const;
export const retryLater = (afterMs: number, detail: string, of?: "sender" | "recipient") =>
  ({ outcome: "retryLater", afterMs, detail, ...(of === undefined ? {} : { of }) }) as const;
export const unknown = (detail: string) => ({ outcome: "unknown", detail }) as const;

/** One line of `accolade doctor`: what was looked at, and where it is not well, what was found and what to do. */
export type Check =
  | { ok: true; what: string; detail?: string }
  | { ok: false; what: string; found: string; todo: string };
