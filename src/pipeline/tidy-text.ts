/**
 * A text that a person wrote, as it may be kept and shown to another: one way to write line breaks, no other control
 * characters (PostgreSQL takes no NUL), no direction marks that reorder what others read.
 */
export const tidyText = (text: string): string =>
  text
    .normalize("NFC")
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (sign) => (sign === "\n" ? sign : " "))
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
