/** What stands around the moments on a wall, by language. */
const en = {
  title: "Wins",
  empty: "The next one will be here.",
  earlier: "Earlier",
  live: "Live",
  waiting: "Reconnecting…",
  gone: "This link was revoked. Ask for a new one.",
  board: { points: "Points this month", deals: "Deals won this month" },
  nobody: "Nobody yet this month.",
};

const it: typeof en = {
  title: "Traguardi",
  empty: "Il prossimo comparirà qui.",
  earlier: "Prima",
  live: "In diretta",
  waiting: "Mi ricollego…",
  gone: "Questo link è stato revocato. Chiedine uno nuovo.",
  board: { points: "Punti di questo mese", deals: "Trattative vinte questo mese" },
  nobody: "Ancora nessuno questo mese.",
};

export type WallTexts = typeof en;

/** The languages that a wall can speak. */
export const wallLanguages = ["en", "it"] as const;
export const wallTexts = (language: string): WallTexts => (language === "it" ? it : en);
