import { expect, test } from "@jest/globals";
import { saidWords } from "../../src/pipeline/said-words.ts";

test.each([
  ["STOP", "stop"],
  ["Stop, please.", "stop"],
  ["stop texting me", "stop"],
  ["please unsubscribe me", "stop"],
  ["opt-out", "stop"],
  ["Opt out!", "stop"],
  ["END", "stop"],
  ["Revoke", "stop"],
  ["Basta messaggi, grazie", "stop"],
  ["START", "start"],
  ["unstop", "start"],
  ["Don't stop", undefined],
  ["Can't wait!", undefined],
  ["Yes", undefined],
  ["We will not stop until the deal is won", undefined],
  ["", undefined],
  ["👍", undefined],
])("%p asks for %p", (text, meant) => {
  expect(saidWords(text)).toBe(meant);
});
