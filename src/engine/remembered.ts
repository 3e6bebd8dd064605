/**
 * Remembers what a pure function gave, for the last texts that it was asked for. In a large book the same line and the
 * same date stand in thousands of rules, and each is read once when a book is checked and again when it is compiled.
 */
export const remembered = <T>(compute: (text: string) => T, most = 20_000): ((text: string) => T) => {
  const known = new Map<string, { result: T }>();
  return (text) => {
    const before = known.get(text);
    if (before) return before.result;
    if (known.size >= most) known.clear();
    const result = compute(text);
    known.set(text, { result });
    return result;
  };
};
