/** How many SMS a text costs. GSM 03.38 where every character is in its alphabet, else UCS-2, as the networks do. */

// 3GPP TS 23.038, 6.2.1 and 6.2.1.1: the basic alphabet, and the characters that take two places
const basic = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const extended = new Set("^{}\\[~]|€\f");

/** A multi-part message gives up places in each part to the header that joins them: 160 → 153, 70 → 67. */
export const smsSegments = (text: string): { alphabet: "gsm-7" | "ucs-2"; segments: number } => {
  let places = 0;
  for (const character of text) {
    if (basic.has(character)) places += 1;
    else if (extended.has(character)) places += 2;
    else return { alphabet: "ucs-2", segments: text.length <= 70 ? 1 : Math.ceil(text.length / 67) };
  }
  return { alphabet: "gsm-7", segments: places <= 160 ? 1 : Math.ceil(places / 153) };
};

/** Typographic signs that would turn a whole message into UCS-2, replaced by their plain forms. Letters are left alone. */
export const plainSigns = (text: string): string =>
  text
    .replace(/[‘’‚′]/g, "'")
    .replace(/[“”„«»″]/g, '"')
    .replace(/[–—−‐‑]/g, "-")
    .replace(/…/g, "...")
    .replace(/[\u00a0\u202f\u2009]/g, " ");
