import type { TokenVault } from "../../connectors/connector.ts";

/** A token vault as the host keeps one: one caller at a time, and a change that fails leaves what was stored. */
export const memoryVault = (stored: string | null = null): TokenVault & { stored: () => string | null } => {
  let text = stored;
  let last: Promise<unknown> = Promise.resolve();
  return {
    stored: () => text,
    exclusively: (change) => {
      const mine = last.then(async () => {
        text = await change(text);
        return text;
      });
      last = mine.catch(() => undefined);
      return mine;
    },
  };
};
