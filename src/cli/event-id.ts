import { InvalidArgumentError } from "commander";

/** The number of an event, as a command takes it. */
export const eventId = (text: string) => {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError("expected the number of an event.");
  return Number(text);
};
