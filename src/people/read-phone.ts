/** Telephone numbers as people write them, read as the whole world can call them. */
import {
  type CountryCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
  validatePhoneNumberLength,
} from "libphonenumber-js";

/** `why`: in a sentence after "cannot be read: ". */
export type ReadPhone = { ok: true; phone: string } | { ok: false; why: string };

/** In E.164. `country`: ISO 3166-1 alpha-2, for a number without its country code; null where it is not known. */
export const readPhone = (text: string, country: string | null): ReadPhone => {
  const home = country !== null && isSupportedCountry(country) ? country : undefined;
  const number = parsePhoneNumberFromString(text, home);
  if (number?.isValid()) return { ok: true, phone: number.number };
  return { ok: false, why: whyNot(text, home) };
};

const whyNot = (text: string, home: CountryCode | undefined): string => {
  const within = home && !text.trim().startsWith("+") ? ` for ${home}` : "";
  switch (validatePhoneNumberLength(text, home)) {
    case "NOT_A_NUMBER":
      return "it is no telephone number";
    case "INVALID_COUNTRY":
      return home || text.trim().startsWith("+")
        ? "its country code is none"
        : "it has no country code, and neither the person's country nor the workspace's is known";
    case "TOO_SHORT":
      return `it is too short${within}`;
    case "TOO_LONG":
      return `it is too long${within}`;
    default:
      return `no such number is given out${within}`;
  }
};
