/** The suite that every reward provider passes. A new one brings its bench. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { z } from "zod";
import type { Database } from "../../src/db/sql.ts";
import {
  type CancelOutcome,
  type OrderRequest,
  openProvider,
  type Provider,
  providerKind,
  providerKinds,
} from "../../src/rewards/index.ts";
import { freshDatabase } from "../support/database.ts";
import { benches, now, type ProviderBench, recipient, sealer } from "./provider-benches.ts";

let sql: Database;
beforeAll(async () => {
  sql = await freshDatabase();
});
afterAll(() => sql.close());

test("every kind has a bench, and an id of its own", () => {
  expect(providerKinds.map(({ id }) => id).sort()).toEqual(Object.keys(benches).sort());
  expect(providerKind("points")?.id).toBe("points");
  expect(providerKind("nobody")).toBeUndefined();
});

test("a kind that nobody knows is a problem with its place and the known kinds", () => {
  const around = { id: "x", sql, sealer, now: () => now, warn: () => {} };
  expect(openProvider("gold", {}, around)).toEqual({
    ok: false,
    problems: [
      {
        path: "provider",
        message: `Unknown provider: expected one of ${providerKinds.map(({ id }) => id).join(", ")}`,
      },
    ],
  });
});

describe.each(Object.entries(benches))("%s", (id, makeBench) => {
  let bench: ProviderBench;
  let provider: Provider;
  const said: string[] = [];

  /** The same provider, and everything it says apart from the content of the reward is kept. */
  const overheard = (inner: Provider): Provider => {
    const keep = <T extends object>(answer: T): T => {
      said.push(JSON.stringify({ ...answer, content: undefined }));
      return answer;
    };
    return {
      ...inner,
      order: async (request) => keep(await inner.order(request)),
      lookup: async (key, request) => keep(await inner.lookup(key, request)),
      ...(inner.cancel && {
        cancel: async (key, request, seen) =>
          keep((await inner.cancel?.(key, request, seen)) ?? { outcome: "cannot", detail: "" }),
      }),
    };
  };

  beforeAll(async () => {
    bench = await makeBench(sql);
    provider = overheard(bench.open());
  });
  afterAll(() => bench.close());

  const kind = providerKind(id);

  test("says in accolade.yaml and in the rules what each key is for, and refuses the unknown", () => {
    for (const schema of [kind?.settings, kind?.options]) {
      if (!schema) throw new Error("no such kind");
      const properties = z.toJSONSchema(schema, { io: "input" }).properties ?? {};
      for (const property of Object.values(properties)) expect(property).toHaveProperty("description");
      expect(schema.safeParse({ "no-such-key": 1 }).error?.message).toContain("no-such-key");
    }
    const settings = z.toJSONSchema(kind?.settings ?? z.never(), { io: "input" }).properties ?? {};
    for (const secret of kind?.secrets ?? []) expect(Object.keys(settings)).toContain(secret);
  });

  test("a catalogue and balances have the form that everybody relies on, and nothing misfits what can be ordered", async () => {
    const catalog = await provider.catalog?.();
    if (catalog && !catalog.ok) throw new Error(catalog.detail);
    for (const { id: product, name, currency, countries, values } of catalog?.value ?? []) {
      expect([product, name]).not.toContain("");
      expect(currency).toMatch(/^[A-Z]{3}$/);
      for (const country of countries) expect(country).toMatch(/^[A-Z]{2}$/);
      const minors = "of" in values ? values.of : [values.from, values.to];
      for (const minor of minors) expect(Number.isSafeInteger(minor) && minor > 0).toBe(true);
    }
    const request = await bench.request();
    if (catalog) expect(provider.misfit?.(request.options, request.value, catalog.value)).toBeUndefined();
    // francs are in no catalogue of these benches
    if (catalog && provider.misfit)
      expect(provider.misfit(request.options, { minor: 3_700, currency: "CHF" }, catalog.value)).toMatch(/CHF/);
    const balance = await provider.balance?.();
    for (const { minor, currency } of balance?.ok ? balance.value : [])
      expect({ minor: Number.isSafeInteger(minor), currency }).toEqual({ minor: true, currency: expect.any(String) });
    if (provider.lowBalance !== undefined) expect(provider.balance).toBeDefined();
  });

  test("supplies the reward once", async () => {
    const request = await bench.request();
    expect(await provider.order(request)).toMatchObject({ outcome: "accepted", reference: expect.any(String) });
    expect(await bench.held(request.key)).toBe(1);
  });

  test("the same key again, here and in another process, is the same reward", async () => {
    const request = await bench.request();
    const first = await provider.order(request);
    expect(first.outcome).toBe("accepted");
    // the request comes back from a jsonb column
    expect(await provider.order(JSON.parse(JSON.stringify(request)))).toEqual(first);
    expect(await overheard(bench.open()).order(request)).toEqual(first);
    expect(await bench.held(request.key)).toBe(1);
  });

  test("the same key 20 times at once is one reward", async () => {
    const request = await bench.request();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => provider.order(request)));
    const references = outcomes.map((outcome) => (outcome.outcome === "accepted" ? outcome.reference : outcome));
    expect(new Set(references).size).toBe(1);
    expect(references[0]).toEqual(expect.any(String));
    expect(await bench.held(request.key)).toBe(1);
  });

  test("20 keys at once are 20 rewards", async () => {
    const requests = await Promise.all(Array.from({ length: 20 }, () => bench.request()));
    const outcomes = await Promise.all(requests.map((request) => provider.order(request)));
    const references = outcomes.map((outcome) =>
      outcome.outcome === "accepted" ? outcome.reference : outcome.outcome,
    );
    expect(new Set(references).size).toBe(20);
    expect(references).not.toContain("rejected");
  });

  test("an order that never was is not found", async () => {
    const request = await bench.request();
    expect(await provider.lookup(request.key, request)).toEqual({ found: false });
  });

  test("an order that was is found, or may be placed again without harm", async () => {
    const request = await bench.request();
    const placed = await provider.order(request);
    if (placed.outcome !== "accepted") throw new Error(placed.detail);
    const found = await provider.lookup(request.key, request);
    if (bench.remembers) expect(found).toMatchObject({ found: true, reference: placed.reference });
    else expect(found).toEqual({ found: false });
    expect(await provider.order(request)).toEqual(placed);
    expect(await bench.held(request.key)).toBe(1);
  });

  test("what the doctor sees is well", async () => {
    const checks = await provider.check();
    said.push(JSON.stringify(checks));
    expect(checks.length).toBeGreaterThan(0);
    expect(checks.filter(({ what, ok }) => !ok && what !== 'code pool "empty"')).toEqual([]);
  });

  test("refusals are told apart, and once mended the same order goes through", async () => {
    for (const { name, kind: expected, code, arrange } of bench.refusals) {
      const { provider: arranged, request, mend } = await arrange();
      const refused = await overheard(arranged).order(request);
      expect({ name, ...refused }).toMatchObject({ name, outcome: "rejected", kind: expected, code });
      const repeated = await overheard(await mend()).order(request);
      if (expected !== "permanent") expect({ name, ...repeated }).toMatchObject({ name, outcome: "accepted" });
      if (repeated.outcome === "accepted") expect(await bench.held(request.key)).toBe(1);
    }
  });

  test("what was not processed is tried later, and then goes through", async () => {
    for (const { name, afterMs, arrange } of bench.waits) {
      const { provider: arranged, request, mend } = await arrange();
      expect({ name, ...(await overheard(arranged).order(request)) }).toMatchObject({
        name,
        outcome: "retryLater",
        afterMs,
      });
      expect(await bench.held(request.key)).toBe(0);
      expect(await overheard(await mend()).order(request)).toMatchObject({ outcome: "accepted" });
      expect(await bench.held(request.key)).toBe(1);
    }
  });

  test("a doubtful outcome is unknown, and the look-up settles it without a second order", async () => {
    for (const { name, taken, arrange } of bench.doubts) {
      const { provider: arranged, request, mend } = await arrange();
      expect({ name, ...(await overheard(arranged).order(request)) }).toMatchObject({ name, outcome: "unknown" });
      const later = overheard(await mend());
      const found = await later.lookup(request.key, request);
      expect({ name, found: found.found }).toEqual({ name, found: taken });
      if (found.found === false) expect(await later.order(request)).toMatchObject({ outcome: "accepted" });
      expect({ name, held: await bench.held(request.key) }).toEqual({ name, held: 1 });
    }
  });

  /** A provider without `cancel` takes nothing back. */
  const cancel = async (from: Provider, request: OrderRequest, seen = false): Promise<CancelOutcome["outcome"]> =>
    (await from.cancel?.(request.key, request, seen))?.outcome ?? "cannot";

  test("taking back what was never ordered leaves nothing standing", async () => {
    const request = await bench.request();
    if (provider.cancel) expect(await cancel(provider, request)).toBe("cancelled");
    if (!bench.holdsNothing) expect(await bench.held(request.key)).toBe(0);
  });

  test("an order is taken back where it can be, and twice is once, here and in another process", async () => {
    const request = await bench.request();
    expect(await provider.order(request)).toMatchObject({ outcome: "accepted" });
    const { unseen } = bench.takenBack;
    expect(await cancel(provider, request)).toBe(unseen);
    const repeated = [cancel(provider, request), cancel(overheard(bench.open()), request)];
    expect(await Promise.all(repeated)).toEqual([unseen, unseen]);
    if (!bench.holdsNothing) expect(await bench.held(request.key)).toBe(unseen === "cancelled" ? 0 : 1);
    // it does no harm to the next one
    expect(await provider.order(await bench.request())).toMatchObject({ outcome: "accepted" });
  });

  test("what its recipient has seen is taken back only where that does no harm", async () => {
    const request = await bench.request();
    expect(await provider.order(request)).toMatchObject({ outcome: "accepted" });
    const { seen } = bench.takenBack;
    expect([await cancel(provider, request, true), await cancel(provider, request, true)]).toEqual([seen, seen]);
    if (!bench.holdsNothing) expect(await bench.held(request.key)).toBe(seen === "cancelled" ? 0 : 1);
  });

  test("every other end of taking back is told apart, and asked again it comes to its end once", async () => {
    for (const { name, outcome, endsAs, arrange } of bench.cancels) {
      const { provider: arranged, request, mend } = await arrange();
      expect({ name, outcome: await cancel(overheard(arranged), request) }).toEqual({ name, outcome });
      const later = overheard(await mend());
      expect({ name, outcome: await cancel(later, request) }).toEqual({ name, outcome: endsAs });
      expect({ name, held: await bench.held(request.key) }).toEqual({ name, held: endsAs === "cancelled" ? 0 : 1 });
    }
  });

  test("nothing that it says holds a code, a link, a key or a person", () => {
    const words = [...said, ...bench.warnings].join("\n");
    for (const secret of [...bench.secrets(), recipient.email, recipient.name]) expect(words).not.toContain(secret);
  });
});
