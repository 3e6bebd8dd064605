import type { Spot } from "../yaml/yaml-source.ts";
import { isMap } from "./read-fields.ts";
import { allOf } from "./read-items.ts";
import type { RecipientRole } from "./rule-book.ts";
import { percentForm } from "./short-forms/percent-form.ts";
import { readForm } from "./short-forms/read-form.ts";
import { roleForm } from "./short-forms/role-form.ts";

/** One recipient of an entry. */
export interface To {
  role: RecipientRole;
  /** Its share in hundredths of a percent, where the value is divided. */
  basisPoints: number | null;
  /** Where its name stands. */
  refuse(found: string, expected: string): void;
}

/** Reads `to`: a recipient, or shares that divide one value; undefined where it is wrong. */
export const readTo = (spot: Spot): To[] | undefined => {
  if (isMap(spot.value)) return readShares(spot, Object.keys(spot.value));
  const role = readForm(spot, roleForm);
  return role && [{ role, basisPoints: null, refuse: spot.problem }];
};

const whole = 10_000;

const readShares = (spot: Spot, names: readonly string[]): To[] | undefined => {
  if (names.length === 0) {
    spot.problem("an empty map", "shares such as `{ owner: 70%, manager(owner): 30% }`");
    return undefined;
  }
  const shares = allOf(
    names.map((name): To | undefined => {
      const share = spot.child(name);
      const asKey: Spot = { ...share, problem: share.keyProblem };
      const role = readForm(asKey, roleForm, name);
      const basisPoints = readForm(share, percentForm);
      if (role === "team") {
        share.keyProblem("`team` with a share", "an entry of its own for `team`: everybody in it gets the whole value");
        return undefined;
      }
      return role && basisPoints !== undefined ? { role, basisPoints, refuse: share.keyProblem } : undefined;
    }),
  );
  const sum = (shares ?? []).reduce((all, { basisPoints }) => all + (basisPoints ?? 0), 0);
  if (sum > whole) {
    spot.problem(`shares of ${percentForm.print(sum)} in all`, "at most 100%");
    return undefined;
  }
  if (shares && sum < whole)
    spot.warning(
      `shares of ${percentForm.print(sum)} in all`,
      `100%: ${percentForm.print(whole - sum)} of the value is not given`,
    );
  return shares;
};
