/** A quarter of deals as posted events, one on each line: created, moved, priced anew, won or lost. The same every time. */
const DAY_MS = 86_400_000;
const START = Date.parse("2026-07-01T08:00:00Z");

/** In no order of time, as a CRM exports records one by one. */
export function* dealEvents(events: number): Generator<string> {
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  for (let deal = 0; deal * 5 < events; deal++) {
    const born = START + random() * 55 * DAY_MS;
    const amount = Math.round(random() * 100_000);
    const line = (days: number, record: object) =>
      `${JSON.stringify({ type: "deal.changed", subject: { kind: "deal", id: String(deal) }, occurredAt: new Date(born + days * DAY_MS).toISOString(), record })}\n`;
    yield line(0, {
      exists: true,
      created_at: new Date(born).toISOString(),
      name: `Deal ${deal}`,
      amount,
      currency: "EUR",
      owner: String(1 + Math.floor(random() * 50)),
      status: "open",
      stage: "new",
    });
    yield line(1 + random() * 4, { stage: "qualified" });
    yield line(5 + random() * 5, { stage: "proposal", amount: amount + 10 });
    yield line(10 + random() * 10, { stage: "contract" });
    yield line(20 + random() * 10, { stage: "closed", status: random() < 0.4 ? "won" : "lost" });
  }
}
