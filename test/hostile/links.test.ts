/** Links to recipients that somebody bent. docs/security.md has a row for each test here. */
import { expect, test } from "@jest/globals";
import { readClaimToken, writeClaimToken } from "../../src/pipeline/claim-token.ts";
import { readLinkToken, writeLinkToken } from "../../src/pipeline/link-token.ts";
import { readPersonToken, writePersonToken } from "../../src/pipeline/person-token.ts";
import { createSealer } from "../../src/sealer.ts";

const sealer = createSealer(["a".repeat(40)]);
const id = "0b6f7f0e-7a1c-4b7e-9d55-2f1d4b0f9a10";
const expiresAt = new Date("2027-01-01T00:00:00Z");
const claim = writeClaimToken(sealer, { grantId: id, version: 3, expiresAt });
const person = writePersonToken(sealer, { id, version: 3, expiresAt });

const bent = (token: string): string[] => [
  ...[...token].flatMap((letter, at) =>
    ["A", "B", "z", "9", "-", "."]
      .filter((other) => other !== letter)
      .map((other) => token.slice(0, at) + other + token.slice(at + 1)),
  ),
  ...Array.from(token, (_, at) => token.slice(0, at)),
  ...["A", "=", "%", ".", "\u0000", "\n", " "].map((more) => token + more),
  ...["A", "=", ".", "\u0000", "\n", " "].map((more) => more + token),
  token.toUpperCase(),
  token.toLowerCase(),
  [...token].reverse().join(""),
];

test("one letter changed, cut short or made longer anywhere: no such link", () => {
  expect(readClaimToken(sealer, claim)).toEqual({ grantId: id, version: 3, expiresAt });
  expect(readPersonToken(sealer, person)).toEqual({ id, version: 3, expiresAt });
  for (const token of bent(claim)) expect([token, readClaimToken(sealer, token)]).toEqual([token, undefined]);
  for (const token of bent(person)) expect([token, readPersonToken(sealer, token)]).toEqual([token, undefined]);
});

test("a link of one kind opens nothing of another, and parts of two links make no third", () => {
  expect(readPersonToken(sealer, claim)).toBeUndefined();
  expect(readPersonToken(sealer, `p.${claim}`)).toBeUndefined();
  expect(readClaimToken(sealer, person)).toBeUndefined();
  expect(readClaimToken(sealer, person.slice(2))).toBeUndefined();
  for (const purpose of ["unsubscribe", "wall", "", "claim\n"])
    expect(readLinkToken(sealer, purpose, claim)).toBeUndefined();
  const later = writeLinkToken(sealer, "claim", { id, version: 4, expiresAt: new Date("2099-01-01T00:00:00Z") });
  const [mine, theirs] = [claim.split("."), later.split(".")];
  for (const [at] of mine.entries()) {
    const mixed = mine.map((part, index) => (index === at ? theirs[index] : part)).join(".");
    if (mixed !== claim) expect(readClaimToken(sealer, mixed)).toBeUndefined();
  }
});

test("a link by another key is nothing, and one by an older key still opens", () => {
  const rotated = createSealer(["n".repeat(40), "a".repeat(40)]);
  expect(readClaimToken(rotated, claim)).toEqual({ grantId: id, version: 3, expiresAt });
  expect(readClaimToken(createSealer(["n".repeat(40)]), claim)).toBeUndefined();
});
