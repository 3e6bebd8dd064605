/**
 * One line of CSV (RFC 4180). Text that a spreadsheet would take for a formula is kept text: names come from a CRM, where
 * anybody may write `=…` into one.
 */
export const csvLine = (cells: readonly (string | number)[]): string =>
  `${cells
    .map((cell) => {
      const text = typeof cell === "string" && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : String(cell);
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(",")}\r\n`;
