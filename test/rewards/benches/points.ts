import type { Database } from "../../../src/db/sql.ts";
import { insertGrantRow } from "../../support/grant-row.ts";
import { opened, type ProviderBench, recipient, surroundings } from "./bench.ts";

export const pointsBench = async (sql: Database): Promise<ProviderBench> => {
  const open = () => opened("points", {}, surroundings(sql, "points", []));
  return {
    open,
    request: async () => ({
      key: await insertGrantRow(sql),
      value: { minor: 50, currency: "PTS" },
      options: {},
      title: "50 points",
      recipient,
    }),
    // the ledger is the corridor's; the provider holds nothing that could be there twice
    held: async () => 1,
    holdsNothing: true,
    remembers: false,
    refusals: [],
    waits: [],
    doubts: [],
    takenBack: { unseen: "cancelled", seen: "cancelled" },
    cancels: [],
    secrets: () => [],
    warnings: [],
    close: async () => {},
  };
};
