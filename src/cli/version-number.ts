import { InvalidArgumentError } from "commander";

/** The number of a version of the rules, as a command takes it. */
export const versionNumber = (text: string): number => {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError("expected the number of a version.");
  return Number(text);
};
