/** An aim of issue 5, beside what was found: one sentence for whoever reads the output. */
export interface Aim {
  what: string;
  found: number;
  /** Set one of them. */
  atLeast?: number;
  atMost?: number;
  /** Behind each figure: ` MB`. */
  unit?: string;
  /** Digits behind the point. */
  digits?: number;
}

/** Says whether an aim is met, and by how much not. */
export const aimSentence = ({ what, found, atLeast, atMost, unit = "", digits = 2 }: Aim): string => {
  const text = (value: number) => `${value.toFixed(digits)}${unit}`;
  const [bar, word] = atMost === undefined ? [atLeast ?? 0, "at least"] : [atMost, "at most"];
  const met = atMost === undefined ? found >= bar : found <= bar;
  const aim = `${what}: ${text(found)}, and the aim is ${word} ${text(bar)}`;
  if (met) return `${aim}: met.`;
  const times = atMost === undefined ? bar / found : found / bar;
  return `${aim}: missed by a factor of ${times.toFixed(2)}.`;
};
