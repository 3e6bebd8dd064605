/** HTML as a tagged template that escapes everything, but what is HTML already. Lists are joined, nothing is shown for null and false. */

const madeHere: unique symbol = Symbol("html");

/** A piece of HTML. Only `html` and `trusted` make one, so a text cannot pass for it. */
export interface Html {
  readonly [madeHere]: true;
  toString(): string;
}

type Piece = Html | string | number | null | undefined | false | readonly Piece[];

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escapeText = (text: string) => text.replace(/[&<>"']/g, (character) => escapes[character] ?? character);

/** HTML that was made by something we trust: our own constants, the QR code library. Never a stranger's text. */
export const trusted = (text: string): Html => ({ [madeHere]: true, toString: () => text });

const isHtml = (piece: object): piece is Html => madeHere in piece;

const shown = (piece: Piece): string => {
  if (piece === null || piece === undefined || piece === false) return "";
  if (typeof piece === "object") return isHtml(piece) ? piece.toString() : piece.map(shown).join("");
  return escapeText(String(piece));
};

export const html = (strings: TemplateStringsArray, ...pieces: Piece[]): Html =>
  trusted(strings.reduce((text, string, at) => text + shown(pieces[at - 1]) + string));
