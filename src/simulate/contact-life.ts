import { LEAST_DAYS, type Moment } from "./deal-life.ts";
import { firstNames, lastNames } from "./names.ts";
import type { Random } from "./random.ts";
import type { Values } from "./story.ts";

/** Everything that is saved of one contact in the quarter, in order. The first save also makes it: `created_at` is added there. */
export const contactLife = (random: Random, id: string, owners: readonly [string, ...string[]]): Moment[] => {
  const moments: Moment[] = [];
  let now = random.between(0, 75);
  const save = (values: Values, mayBeLate = false) => {
    moments.push({ day: now, values, mayBeLate });
    now += random.between(LEAST_DAYS, 20);
  };
  const first = random.pick(firstNames);
  const last = random.pick(lastNames);
  // some are known by name only: what they earn waits until an address appears
  const address = `${plain(first)}.${plain(last)}.${id}@customers.example`.toLowerCase();
  const subscribes = random.chance(0.7);
  const atOnce = subscribes && random.chance(0.5);
  save([
    ["first_name", first],
    ["last_name", last],
    ...(random.chance(0.92) ? ([["email", address]] as const) : []),
    ["language", random.pick(["en", "it"])],
    ["owner", random.pick(owners)],
    ["lifecycle", atOnce ? "subscriber" : "lead"],
    ...(atOnce ? ([["subscribed", true]] as const) : []),
  ]);
  if (random.chance(0.2)) save([["last_name", random.pick(lastNames)]], true);
  if (subscribes && !atOnce) save([["subscribed", true]]);
  if (subscribes && random.chance(0.15)) {
    save([["subscribed", false]]);
    if (random.chance(0.4)) save([["subscribed", true]]);
  } else if (random.chance(0.2)) save([["lifecycle", "customer"]]);
  return moments;
};

const plain = (name: string) =>
  name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[^A-Za-z]/g, "");
