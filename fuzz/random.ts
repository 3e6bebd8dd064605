/** Chance that can be repeated: the same numbers give the same choices, on every machine. */
export interface Chance {
  /** A whole number from 0 to below `below`. */
  below(below: number): number;
  one<T>(of: readonly T[]): T;
  /** True once in so many times. */
  onceIn(times: number): boolean;
}

/** xmur3 and mulberry32, two well-known public-domain mixers. */
export const chanceOf = (...seeds: readonly (string | number)[]): Chance => {
  let state = 1_779_033_703;
  for (const letter of seeds.join("/")) {
    state = Math.imul(state ^ letter.charCodeAt(0), 3_432_918_353);
    state = (state << 13) | (state >>> 19);
  }
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    one: <T>(of: readonly T[]): T => of[below(of.length)] as T,
    onceIn: (times) => below(times) === 0,
  };
};
