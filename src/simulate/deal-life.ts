import type { Stages } from "./dialect.ts";
import { companies, needs } from "./names.ts";
import type { Random } from "./random.ts";
import type { Values } from "./story.ts";

/** A save on a day of the quarter, 0 to 91. */
export interface Moment {
  day: number;
  values: Values;
  /** It may arrive after later ones: nothing that anybody could be rewarded for hangs on it. */
  mayBeLate: boolean;
}

export interface DealWorld {
  owners: readonly [string, ...string[]];
  stages: Stages;
  /** Codes that the workspace has an exchange rate for, beside its own. */
  currencies: readonly string[];
  /** The contact of the deal, if it has one. */
  contact: string | undefined;
  /** Now, in milliseconds since 1970. */
  now: number;
}

const DAY_MS = 86_400_000;
const QUARTER_DAYS = 91;
/** Between two saves of one record. See `quarter.ts` for what it becomes on the clock. */
export const LEAST_DAYS = 6.3;

const day = (world: DealWorld, days: number) => new Date(world.now + days * DAY_MS).toISOString().slice(0, 10);

/** Everything that is saved of one deal in the quarter, in order. */
export const dealLife = (random: Random, world: DealWorld): Moment[] => {
  const { open, won, lost } = world.stages;
  const moments: Moment[] = [];
  let now = random.between(0, QUARTER_DAYS * 0.7);
  let stage = 0;
  let amount = usualAmount(random);
  let owner = random.pick(world.owners);
  const save = (values: Values, mayBeLate = false) => {
    moments.push({ day: now, values, mayBeLate });
    now += random.between(LEAST_DAYS, 14);
  };
  const close = (status: "won" | "lost") => {
    // the last word on the price is often spoken at the end
    const changes = status === "won" && random.chance(0.3);
    if (changes) amount = otherAmount(random, amount);
    save([
      ["stage", status === "won" ? won : lost],
      ["status", status],
      ["close_date", day(world, 0)],
      ...(changes ? ([["amount", amount]] as const) : []),
    ]);
  };

  const knowsAmount = random.chance(0.85);
  const currency = world.currencies.length > 0 && random.chance(0.1) ? world.currencies[0] : undefined;
  save([
    ["name", `${random.pick(companies)} ${random.pick(needs)}`],
    ["owner", owner],
    ["stage", open[0]],
    ["status", "open"],
    ["created_at", new Date(world.now - random.between(3, 90) * DAY_MS).toISOString()],
    ["close_date", day(world, random.below(60))],
    ...(knowsAmount ? ([["amount", amount]] as const) : []),
    ...(currency === undefined ? [] : ([["currency", currency]] as const)),
    ...(world.contact === undefined ? [] : ([[`contact:${world.contact}`, true]] as const)),
  ]);
  if (!knowsAmount) save([["amount", amount]]);

  for (let steps = 2 + random.below(3); steps > 0; steps--) {
    const what = random.between(0, 1);
    if (what < 0.2) {
      amount = otherAmount(random, amount);
      save([["amount", amount]]);
    } else if (what < 0.27) {
      owner = random.pick(world.owners);
      save([["owner", owner]]);
    } else if (what < 0.45) save([["close_date", day(world, random.below(60))]], true);
    else if (stage + 1 < open.length) {
      stage += 1;
      save(
        [
          ["stage", open[stage] ?? open[0]],
          ["status", "open"],
        ],
        true,
      );
    }
  }
  if (random.chance(0.2)) return moments;
  close(random.chance(0.55) ? "won" : "lost");
  const afterwards = random.between(0, 1);
  if (afterwards < 0.1) {
    const again = open[stage] ?? open[0];
    save([
      ["stage", again],
      ["status", "open"],
      ...(random.chance(0.2) ? ([["owner", random.pick(world.owners)]] as const) : []),
    ]);
    if (random.chance(0.6)) close(random.chance(0.6) ? "won" : "lost");
  } else if (afterwards < 0.2) save([["amount", otherAmount(random, amount)]]);
  return moments;
};

/** Many small deals, a few large ones; some with cents. */
const usualAmount = (random: Random): number => {
  const amount = 400 * 10 ** random.between(0, 2.4);
  return random.chance(0.2) ? Math.round(amount * 100) / 100 : Math.round(amount / 10) * 10;
};

const otherAmount = (random: Random, amount: number): number =>
  Math.max(50, Math.round(amount * random.between(0.6, 1.5)));
