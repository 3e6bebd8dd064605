/** Bad inputs from good ones: bytes that flip, pieces that move, and changes that keep the form of JSON, XML or YAML. */

import { mutateJson } from "./mutate-json.ts";
import { oddTexts } from "./odd.ts";
import type { Chance } from "./random.ts";
import type { Target } from "./target.ts";

export const mutate = ({ samples, shape }: Target, chance: Chance): Buffer => {
  let input: Buffer = Buffer.from(chance.one(samples));
  const times = 1 + chance.below(chance.onceIn(4) ? 12 : 3);
  for (let time = 0; time < times; time++) {
    input = chance.onceIn(3) ? bytes(input, samples, chance) : structure(input, shape, chance);
  }
  return input.length > MOST_BYTES ? input.subarray(0, MOST_BYTES) : input;
};

const MOST_BYTES = 300_000;

const bytes = (input: Buffer, samples: readonly Buffer[], chance: Chance): Buffer => {
  const from = chance.below(input.length + 1);
  const until = Math.min(input.length, from + 1 + chance.below(chance.onceIn(5) ? input.length + 1 : 16));
  const [head, piece, tail] = [input.subarray(0, from), input.subarray(from, until), input.subarray(until)];
  switch (chance.below(7)) {
    case 0: {
      const flipped = Buffer.from(input);
      if (flipped.length > 0) {
        const at = chance.below(flipped.length);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << chance.below(8));
      }
      return flipped;
    }
    case 1:
      return Buffer.concat([head, tail]);
    case 2:
      return Buffer.concat([head, ...Array.from({ length: 1 + chance.below(20) }, () => piece), tail]);
    case 3:
      return Buffer.concat([head, Buffer.from(chance.one(oddTexts)), tail]);
    case 4: {
      const other = chance.one(samples);
      return Buffer.concat([head, other.subarray(chance.below(other.length + 1))]);
    }
    case 5:
      return input.subarray(0, from);
    default:
      return Buffer.concat([head, Buffer.from([chance.below(256), chance.below(256)]), tail]);
  }
};

const structure = (input: Buffer, shape: Target["shape"], chance: Chance): Buffer => {
  switch (shape) {
    case "json":
      return mutateJson(input, chance);
    case "xml":
      return pieces(input, /<[^>]*>|[^<]+/g, oddXml, chance);
    case "yaml":
      return chance.onceIn(2) ? pieces(input, /.*\n|.+$/g, oddLines, chance) : pieces(input, word, oddYaml, chance);
    case "lines":
      return chance.onceIn(2) ? pieces(input, /.*\n|.+$/g, oddLines, chance) : pieces(input, word, oddTexts, chance);
    case "words":
      return pieces(input, word, oddWords, chance);
    default:
      return bytes(input, [input], chance);
  }
};

const word = /[\w.]+|"[^"\n]*"|\s+|[^\w\s]/g;

/** One piece removed, doubled, moved, replaced, repeated into the deep, or something odd beside it. */
const pieces = (input: Buffer, pattern: RegExp, odd: readonly string[], chance: Chance): Buffer => {
  const all = input.toString("utf8").match(pattern) ?? [];
  const at = chance.below(all.length + 1);
  const piece = all[at] ?? "";
  switch (chance.below(6)) {
    case 0:
      all.splice(at, 1);
      break;
    case 1:
      all.splice(at, 0, piece);
      break;
    case 2:
      all.splice(at, 1);
      all.splice(chance.below(all.length + 1), 0, piece);
      break;
    case 3:
      all.splice(at, 1, chance.one(odd));
      break;
    case 4:
      all.splice(at, 0, piece.repeat(chance.one([2, 20, 300])));
      break;
    default:
      all.splice(at, 0, chance.one(odd));
  }
  return Buffer.from(all.join(""));
};

const oddXml = [
  ...oddTexts,
  "<",
  "</",
  '<!DOCTYPE x [<!ENTITY a "b">]>',
  '<!ENTITY a SYSTEM "file:///etc/passwd">',
  "&a;",
  "&#0;",
  "&#x110000;",
  "&amp;amp;",
  "<![CDATA[",
  "]]>",
  "<!--",
  "-->",
  '<?xml version="1.1" encoding="utf-7"?>',
  "<SessionId>00Dxx!secret</SessionId>",
  "<sf:SessionId >x</sf:SessionId >",
  "<__proto__>x</__proto__>",
  "<constructor>x</constructor>",
  "<Notification/>",
  '<sObject xsi:type=""/>',
  '<sf:IsDeleted xsi:nil="true"/>',
];
const oddYaml = [
  ...oddTexts,
  "*a",
  "&a ",
  "<<: *a",
  "!!js/function x",
  "? ",
  "- ",
  ": ",
  "{",
  "[",
  "|\n",
  ">-\n",
  "'",
  '"',
  "#",
  "%YAML 9.9\n",
  "---\n",
  "...\n",
  "\t",
];
const oddLines = [
  "\n",
  "- x\n",
  "  a: &a [*a]\n",
  "a: {}\n",
  "rules: []\n",
  "---\n",
  "\t\n",
  `${" ".repeat(40)}x: 1\n`,
  ",,,,\n",
  ";\n",
  '"\n',
  ...oddTexts.map((text) => `${text}\n`),
];
const oddWords = [
  ...oddTexts,
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  "&&",
  "||",
  "!",
  "-",
  "?",
  ":",
  "==",
  "in",
  "has(",
  ".",
  ",",
  "matches",
  "map(x, x)",
  "all(x, true)",
  "deal",
  "owner",
  "null",
  "1u",
  "b'\\xff'",
  "'''",
  "//",
  "timestamp('x')",
  "duration('9e9h')",
  "type(",
  "dyn(",
  "string(",
  "int('x')",
  "size(",
];
