/** Rows in columns that line up. The first row is the heading; columns of numbers and amounts stand to the right. */
export const table = (rows: readonly (readonly string[])[], indent = "  "): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const right = widths.map((_, column) =>
    rows.slice(1).every((row) => /^(?:$|[-+]?[\d.,]+(?: |$))/.test(row[column] ?? "")),
  );
  return rows
    .map((row) =>
      (
        indent +
        widths
          .map((width, column) =>
            right[column] ? (row[column] ?? "").padStart(width) : (row[column] ?? "").padEnd(width),
          )
          .join("  ")
      ).trimEnd(),
    )
    .join("\n");
};
