/** Why grants moved, in every language. */
import { describe, expect, test } from "@jest/globals";
import { moveReasonInWords, moveReasonOf, moveWords, reason } from "../../src/ledger/move-reasons.ts";

describe.each(Object.entries(moveWords))("%s", (_code, { en, it }) => {
  test("names the same values in both languages", () => {
    const named = (text: string) => text.match(/\{\w+\}/g)?.sort() ?? [];
    expect(named(it)).toEqual(named(en));
  });
});

test("values are written in the reader's way; what came back says so; another language gets English", () => {
  const paid = reason("due_again_paid_out", { amount: { minor: 123_450, currency: "EUR" } });
  expect(moveReasonInWords(paid)).toContain("1,234.50 EUR");
  expect(moveReasonInWords(paid, "it")).toContain("1.234,50 EUR");
  const back = { ...reason("rule_no_money", { rule: "big", budget: "emea" }), again: true };
  expect(moveReasonInWords(back)).toBe("due again: rule big: budget emea has no money left for it");
  expect(moveReasonInWords(back, "it")).toBe(
    "di nuovo dovuto: regola big: nel budget emea non resta denaro per questo premio",
  );
  expect(moveReasonInWords(reason("undone", { undone: "deal.lost" }), "it")).toBe("la trattativa è stata persa");
  expect(moveReasonInWords(reason("hold_ended"), "fr")).toBe("the hold has ended, and the reward is still due");
});

test("a code that this version does not know leaves the stored words", () => {
  expect(moveReasonOf("of_a_later_version", { values: {} })).toBeNull();
  expect(moveReasonOf(null, null)).toBeNull();
});
