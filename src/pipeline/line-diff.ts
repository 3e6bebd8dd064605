/** What changed between two texts, line by line, as programmers read it: `-` went away, `+` came, with three lines around. */

const AROUND = 3;
/** Beyond this a longest common run is not looked for: what lies between is shown as replaced. */
const MOST_CELLS = 4_000_000;

export const lineDiff = (before: string, after: string): string[] => {
  const [old, now] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  const middle = edits(old.slice(start, old.length - end), now.slice(start, now.length - end));
  const same = (lines: readonly string[]) => lines.map((line) => ` ${line}`);
  return nearChanges([...same(old.slice(0, start)), ...middle, ...same(old.slice(old.length - end))]);
};

const linesOf = (text: string) => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));

/** By the longest common subsequence. */
const edits = (old: readonly string[], now: readonly string[]): string[] => {
  if (old.length * now.length > MOST_CELLS) return [...old.map((line) => `-${line}`), ...now.map((line) => `+${line}`)];
  const width = now.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  const at = (row: number, column: number) => common[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row--)
    for (let column = now.length - 1; column >= 0; column--)
      common[row * width + column] =
        old[row] === now[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
  const lines: string[] = [];
  let [row, column] = [0, 0];
  while (row < old.length || column < now.length) {
    if (row < old.length && column < now.length && old[row] === now[column]) {
      lines.push(` ${old[row++]}`);
      column += 1;
    } else if (row < old.length && (column >= now.length || at(row + 1, column) >= at(row, column + 1)))
      lines.push(`-${old[row++]}`);
    else lines.push(`+${now[column++]}`);
  }
  return lines;
};

/** Leaves out what is far from any change; `…` stands where it was. */
const nearChanges = (lines: readonly string[]): string[] => {
  const near = new Set<number>();
  for (const [index, line] of lines.entries())
    if (!line.startsWith(" ")) for (let each = index - AROUND; each <= index + AROUND; each++) near.add(each);
  return lines.flatMap((line, index) => (near.has(index) ? [line] : near.has(index - 1) ? ["…"] : []));
};
