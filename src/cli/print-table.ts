/** A table for a terminal: columns as wide as their longest cell, numbers to the right. Nothing where there are no rows. */
export const tableText = (heads: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string => {
  const cells = [heads, ...rows].map((row) => row.map((cell) => (cell === null ? "" : String(cell))));
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => [...(row[column] ?? "")].length)));
  const right = heads.map((_, column) => rows.every((row) => looksLikeNumber(row[column])));
  return cells
    .map((row) =>
      row
        .map((cell, column) => {
          const gap = " ".repeat((widths[column] ?? 0) - [...cell].length);
          return right[column] ? gap + cell : cell + gap;
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
};

const looksLikeNumber = (cell: string | number | null | undefined) =>
  cell === null || typeof cell === "number" || /^-?[\d,]+(\.\d+)?( [A-Z]{3}| points?| ?%)?$/.test(cell ?? "");
