/** Text of a file, or its chunks as they are read. */
export type FileText = string | AsyncIterable<string | Uint8Array>;

export interface NumberedLine {
  /** Counts from 1. */
  number: number;
  text: string;
}

/** The lines of a file in batches, without byte order mark, whichever line ends it has. A code never spans lines. */
export async function* fileLines(input: FileText, batch: number): AsyncGenerator<NumberedLine[]> {
  let lines: NumberedLine[] = [];
  let number = 0;
  for await (const text of splitLines(input)) {
    number += 1;
    lines.push({ number, text: number === 1 ? text.replace(/^\uFEFF/, "") : text });
    if (lines.length === batch) {
      yield lines;
      lines = [];
    }
  }
  if (lines.length > 0) yield lines;
}

async function* splitLines(input: FileText): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of typeof input === "string" ? [input] : input) {
    rest += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    // a \r at the end may be the first half of \r\n
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    yield* lines;
  }
  const last = (rest + decoder.decode()).replace(/\r$/, "");
  if (last !== "") yield last;
}
