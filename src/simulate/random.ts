import { createHash } from "node:crypto";

/** Made-up choices that are the same for the same seed. */
export interface Random {
  /** A number from `from` up to, and not including, `to`. */
  between(from: number, to: number): number;
  /** A whole number from 0 up to, and not including, `count`. */
  below(count: number): number;
  /** True so many times out of one: `chance(0.05)`. */
  chance(share: number): boolean;
  /** One of a list that is not empty. */
  pick<T>(list: readonly [T, ...T[]]): T;
  /** A new list in another order. */
  shuffled<T>(list: readonly T[]): T[];
}

/** Counts upwards and hashes (splitmix32): short, and good enough for stories. */
export const createRandom = (seed: string): Random => {
  let state = createHash("sha256").update(seed).digest().readUInt32LE(0);
  const next = () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
  const below = (count: number) => Math.floor(next() * count);
  return {
    between: (from, to) => from + next() * (to - from),
    below,
    chance: (share) => next() < share,
    pick: (list) => list[below(list.length)] ?? list[0],
    shuffled(list) {
      const mixed = [...list];
      for (let at = mixed.length - 1; at > 0; at--) {
        const other = below(at + 1);
        [mixed[at], mixed[other]] = [mixed[other] as (typeof mixed)[number], mixed[at] as (typeof mixed)[number]];
      }
      return mixed;
    },
  };
};
