import type { Sealer } from "../sealer.ts";

/** Keyed hash of an email address or a phone number, the same for every way of writing one. Nobody can be found by it without the key. */
export const addressDigest = (sealer: Pick<Sealer, "digest">, address: string): string =>
  sealer.digest(address.includes("@") ? address.trim().toLowerCase() : `+${address.replace(/\D/g, "")}`, "address");
