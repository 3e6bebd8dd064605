import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Database } from "../../src/db/sql.ts";
import { importCodes, poolStock } from "../../src/rewards/index.ts";
import { freshDatabase } from "../support/database.ts";
import { now, sealer } from "./provider-benches.ts";

let sql: Database;
let pools = 0;
beforeAll(async () => {
  sql = await freshDatabase();
});
afterAll(() => sql.close());

type Csv = Parameters<typeof importCodes>[3];
const into = (pool: string, csv: Csv) => importCodes(sql, sealer, pool, csv, now);
const fresh = (csv: Csv) => {
  pools += 1;
  return into(`pool-${pools}`, csv);
};
/** The codes of the last pool, by how they expire and when they came. */
const held = async () => {
  const rows = await sql.rows<{ sealed: Buffer }>("select sealed from codes where pool = $1 order by id", [
    `pool-${pools}`,
  ]);
  return rows.map(({ sealed }) => JSON.parse(sealer.open(sealed, "code")));
};

describe("forms of a file", () => {
  const two = [
    { kind: "code", code: "A-1", pin: "0012" },
    { kind: "code", code: "B,2", pin: "7" },
  ];
  test.each([
    ["plain", 'code,pin\nA-1,0012\n"B,2",7\n'],
    ["without an end of line at the end", 'code,pin\nA-1,0012\n"B,2",7'],
    ["with CRLF and a byte order mark", '\uFEFFcode,pin\r\nA-1,0012\r\n"B,2",7\r\n'],
    ["with CR alone", 'code,pin\rA-1,0012\r"B,2",7\r'],
    ["with semicolons, as Excel writes in Italy", "code;pin\r\nA-1;0012\r\nB,2;7\r\n"],
    ["with tabs", "code\tpin\r\nA-1\t0012\r\nB,2\t7\r\n"],
    ["with Excel's own first line", "sep=;\r\ncode;pin\r\nA-1;0012\r\nB,2;7"],
    ["with numbers that Excel keeps as text", 'code;pin\nA-1;="0012"\nB,2;"=""7"""\n'],
    ["with quotes around everything", '"code","pin"\n"A-1","0012"\n"B,2","7"\n'],
    ["with columns in another order, other capitals, empty cells at the end", 'PIN ,Code,,\n0012, A-1 ,,\n7,"B,2",,\n'],
    ["with empty lines", '\n\ncode,pin\n\nA-1,0012\n,\n"B,2",7\n\n'],
  ])("%s", async (_, csv) => {
    expect(await fresh(csv)).toEqual({ imported: 2, duplicates: 0, problems: [] });
    expect(await held()).toEqual(two);
  });

  test("every column", async () => {
    await fresh("code,pin,url,Expires On\nA,1,https://shop.example/A,2026-12-31");
    expect(await held()).toEqual([
      { kind: "code", code: "A", pin: "1", url: "https://shop.example/A", expiresOn: "2026-12-31" },
    ]);
  });

  test("bytes in pieces of any size", async () => {
    const bytes = Buffer.from("\uFEFFcode;pin\r\nÀÈ-1;1\r\nB;2\r\n\r\nC;3");
    for (const size of [1, 2, 3, 7, 100]) {
      async function* pieces() {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      }
      expect(await fresh(pieces())).toEqual({ imported: 3, duplicates: 0, problems: [] });
      expect((await held()).map(({ code }) => code)).toEqual(["ÀÈ-1", "B", "C"]);
    }
  });
});

describe("bad input", () => {
  test("a bad line is named and left out, the good ones stay", async () => {
    const report = await fresh(
      [
        "code,pin,url,expires_on",
        "GOOD-1,,,",
        ",1234,,",
        '"OPEN-QUOTE,,,',
        "GOOD-2,,,",
        'STRAY"QUOTE,,,',
        "6.0123E+15,,,",
        "SCRIPT,,javascript:alert(1),",
        "ITALIAN,,,31/12/2026",
        "NO-SUCH-DAY,,,2026-02-30",
        "OVER,,,2026-11-22",
        "TOO,many,,,cells",
        `${"X".repeat(501)},,,`,
        "BELL\u0007,,,",
        "GOOD-3,,,2026-11-23",
      ].join("\n"),
    );
    expect(report.imported).toBe(3);
    expect((await held()).map(({ code }) => code)).toEqual(["GOOD-1", "GOOD-2", "GOOD-3"]);
    const found = report.problems.map(({ line, found, expected }) => `${line}: ${found}; expected ${expected}`);
    expect(found).toEqual([
      "3: no code; expected a value in the column code",
      "4: a quote that is not closed on its line; expected quotes in pairs around the value",
      "6: a stray quote in the column code; expected quotes in pairs around the value",
      "7: a number that a spreadsheet has shortened in the column code; expected the full number: format the column as text before the file is opened or pasted, and save again",
      "8: a url that is no web address; expected an address that starts with https:// in the column url",
      "9: a date in another form in the column expires_on; expected year-month-day, such as 2026-12-31",
      "10: a date in another form in the column expires_on; expected year-month-day, such as 2026-12-31",
      "11: a code that expired on 2026-11-22; expected 2026-11-23 or later in the column expires_on",
      "12: 5 values; expected 4, as in the first line: code, pin, url, expires_on",
      "13: 501 characters in the column code; expected 500 at most",
      "14: unreadable characters in the column code; expected text saved as CSV UTF-8",
    ]);
  });

  test.each([
    ["no column names: the first line is not shown, it may be a code", "SECRET-1\nSECRET-2", "no column named code"],
    ["an empty file", "", "an empty file"],
    ["a column that nobody knows", "code,serial\nA,1", 'the column "serial"'],
    ["a column twice", "code,code\nA,B", 'the column "code"'],
    ["a spreadsheet file", "PK\u0003\u0004\u0000\uFFFD", "no column named code"],
  ])("%s", async (_, csv, found) => {
    const report = await fresh(csv);
    expect(report).toEqual({
      imported: 0,
      duplicates: 0,
      problems: [{ line: 1, found, expected: expect.any(String) }],
    });
    expect(await held()).toEqual([]);
  });

  test("a pool name that rules could not use", async () => {
    expect(await into("My Pool!", "code\nA")).toEqual({
      imported: 0,
      duplicates: 0,
      problems: [
        {
          line: 0,
          found: 'the pool name "My Pool!"',
          expected: "small letters, digits, - and _, such as amazon-it-50",
        },
      ],
    });
  });

  test("whatever the file holds, the import ends, and shows none of it", async () => {
    const anything = fc.array(fc.oneof(fc.string(), fc.constantFrom('"', ",", ";", "\n", "\r\n", '="', "E+9")));
    await fc.assert(
      fc.asyncProperty(anything, async (parts) => {
        const report = await fresh(`code,expires_on\n${parts.join("")}`);
        for (const problem of report.problems) {
          expect(problem.line).toBeGreaterThan(1);
          expect(`${problem.found} ${problem.expected}`).toMatch(/^[\x20-\x7E]+$/);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("the same code twice", () => {
  test("is one, in one file, in two files, and after it was given", async () => {
    expect(await fresh("code\nA\nB\nA")).toEqual({ imported: 2, duplicates: 1, problems: [] });
    const pool = `pool-${pools}`;
    await sql.run("update codes set expires_on = '2026-11-01' where pool = $1", [pool]);
    expect(await into(pool, "code\nB\nC")).toEqual({ imported: 1, duplicates: 1, problems: [] });
  });

  test("is two in two pools", async () => {
    await fresh("code\nA");
    expect(await fresh("code\nA")).toMatchObject({ imported: 1, duplicates: 0 });
  });

  test("any file twice leaves the stock of the first time, in any form", async () => {
    const code = fc
      .string({ unit: fc.constantFrom(..."AB12-,; é"), minLength: 1, maxLength: 6 })
      .filter((text) => text.trim() !== "");
    await fc.assert(
      fc.asyncProperty(
        fc.array(code, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(",", ";", "\t"),
        fc.constantFrom("\n", "\r\n"),
        async (codes, delimiter, end) => {
          const lines = codes.map((each) => `"${each}"${delimiter}1`);
          const csv = [`code${delimiter}pin`, ...lines].join(end);
          const different = new Set(codes.map((each) => each.trim())).size;
          const first = await fresh(csv);
          expect(first).toEqual({ imported: different, duplicates: codes.length - different, problems: [] });
          const pool = `pool-${pools}`;
          const stock = await poolStock(sql, now);
          expect(stock).toContainEqual({ pool, free: different, given: 0, expired: 0 });
          expect(await into(pool, csv)).toEqual({ imported: 0, duplicates: codes.length, problems: [] });
          expect(await poolStock(sql, now)).toEqual(stock);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("two imports of one large file at once share it", async () => {
    const csv = `code\n${Array.from({ length: 2_500 }, (_, at) => `LARGE-${at}`).join("\n")}`;
    pools += 1;
    const reports = await Promise.all([into(`pool-${pools}`, csv), into(`pool-${pools}`, csv)]);
    expect(reports.map(({ imported }) => imported).reduce((sum, each) => sum + each)).toBe(2_500);
    expect(reports.map(({ duplicates }) => duplicates).reduce((sum, each) => sum + each)).toBe(2_500);
  });
});
