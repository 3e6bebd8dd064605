/** Makes text that came from a CRM fit for a message: names are written by strangers. */

/** One line without control characters or invisible ones that reorder text; `keep` is a control character to spare. */
export const clean = (text: string, keep = ""): string =>
  text
    .normalize("NFC")
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu, (character) =>
      keep !== "" && character === keep ? character : " ",
    )
    .replace(/ {2,}/g, " ")
    .trim();

/** At most `longest` characters, cut between what a reader sees as characters, with dots where something is missing. */
export const clip = (text: string, longest: number): string => {
  if (text.length <= longest) return text;
  let short = "";
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)) {
    // three dots, not the one sign: that one is not in the SMS alphabet
    if (short.length + segment.length > longest - 3) break;
    short += segment;
  }
  return `${short.trimEnd()}...`;
};

/**
 * The first name, or nothing where it would not read as one. A web form lets anybody put an address there, which phones
 * and mail programs would turn into a link under our name.
 */
export const usableFirstName = (text: string | null): string => {
  const name = clean(text ?? "");
  return name.length > 40 || /[/@:<>{}]|www\.|\.\p{L}{2,}/iu.test(name) ? "" : name;
};

export const sentenceCase = (text: string, language: string): string => {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 32);
  return first.toLocaleUpperCase(language) + text.slice(first.length);
};

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);
