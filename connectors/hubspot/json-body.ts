const deepest = 20;

/** How deep the brackets of a JSON text go, counted before it is parsed: a stranger's nesting must not reach the parser. */
const depthOf = (text: string): number => {
  let depth = 0;
  let most = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quoted) {
      if (char === "\\") i++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === "[" || char === "{") most = Math.max(most, ++depth);
    else if (char === "]" || char === "}") depth--;
  }
  return most;
};

/** The value of a JSON body, or why it is none: `not_utf8`, `too_deep`, `not_json`. Never throws. */
export const parseBody = (body: Buffer): { value: unknown } | { reason: string } => {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return { reason: "not_utf8" };
  }
  if (depthOf(text) > deepest) return { reason: "too_deep" };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { reason: "not_json" };
  }
};
