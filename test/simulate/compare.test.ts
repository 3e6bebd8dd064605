/** What `simulate` calls missing, extra and of another value. */
import { describe, expect, test } from "@jest/globals";
import type { ExpectedGrant } from "../../src/simulate/expected.ts";
import { compare, type GrantedRow } from "../../src/simulate/granted.ts";

const due = (more: Partial<ExpectedGrant> = {}): ExpectedGrant => ({
  ruleId: "won",
  shadow: false,
  oncePerRecipient: false,
  record: { connection: "hub", kind: "deal", id: "1" },
  recipientKey: "hub/user/77",
  value: { minor: 100, currency: "PTS" },
  pool: undefined,
  ...more,
});
const given = (more: Partial<GrantedRow> = {}): GrantedRow => ({
  connection: "hub",
  kind: "deal",
  id: "1",
  rule_id: "won",
  recipient_key: "hub/user/77",
  minor: 100,
  currency: "PTS",
  state: "issued",
  waiting: null,
  ...more,
});
const nothing = { missing: [], extra: [], otherValue: [] };

describe("compare", () => {
  test("the same grants, in any order, are as expected", () => {
    const other = { record: { connection: "hub", kind: "deal", id: "2" } as const };
    const compared = compare([due(), due(other)], [given({ id: "2" }), given()], new Set());
    expect(compared).toEqual({ expected: 2, granted: 2, ...nothing });
  });

  test("each grant too few or too many is one line", () => {
    const compared = compare([due(), due()], [given({ recipient_key: "hub/user/78" })], new Set());
    expect(compared.missing).toEqual(
      Array(2).fill("won, hub deal 1, to hub/user/77: expected 100 points, 100 points, found nothing"),
    );
    expect(compared.extra).toEqual(["won, hub deal 1, to hub/user/78: expected nothing, found 100 points"]);
    expect(compare([due()], [given(), given()], new Set()).extra).toHaveLength(1);
  });

  test("another amount or currency is another value, and not missing", () => {
    const compared = compare([due()], [given({ currency: "EUR" })], new Set());
    expect(compared).toMatchObject({ missing: [], extra: [] });
    expect(compared.otherValue).toEqual(["won, hub deal 1, to hub/user/77: expected 100 points, found 1 EUR"]);
  });

  test("a reward that somebody gets once at all counts, whichever record it came from", () => {
    const once = due({ oncePerRecipient: true });
    expect(compare([once], [], new Set(["won hub/user/77"]))).toEqual({ expected: 1, granted: 1, ...nothing });
    expect(compare([once], [given()], new Set()).missing).toEqual(["won: nothing for hub/user/77"]);
  });
});
