/** Rewards that wait for a person: who decides, what follows, and what people are told. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { sweep } from "../../src/pipeline/settle.ts";
import { type ApprovalBench, openApprovalBench } from "../support/approval-bench.ts";

let bench: ApprovalBench;
beforeAll(async () => {
  bench = await openApprovalBench();
});
afterAll(() => bench.close());

const decide = (name: string, id: string, what: "approve" | "decline", reason?: string) =>
  bench.call(name, "POST", `/approvals/${id}/${what}`, reason === undefined ? {} : { reason });
const rowsOf = (grantId: string) =>
  bench.database.rows<{ id: string; state: string; approver_group: string }>(
    "select id, state, approver_group from approvals where grant_id = $1 order by requested_at, id",
    [grantId],
  );
const lastMove = async (grantId: string) =>
  bench.database.row<{ from_state: string; to_state: string; actor: string; why: string }>(
    "select from_state, to_state, actor, why from grant_moves where grant_id = $1 order by id desc limit 1",
    [grantId],
  );

describe("the queue", () => {
  test("has one open item for each time that a grant comes to wait", async () => {
    const grant = await bench.won("78");
    const first = await bench.waits(grant);
    await Promise.all([sweep(bench.corridor), sweep(bench.corridor), bench.call("anna", "GET", "/approvals")]);
    expect(await rowsOf(grant)).toEqual([{ id: first, state: "open", approver_group: "finance" }]);
    await bench.database.run("update grants set state = 'cancelled' where id = $1", [grant]);
    bench.clock.advance(1_000);
    await sweep(bench.corridor);
    expect(await rowsOf(grant)).toMatchObject([{ state: "withdrawn" }]);
    expect(await decide("anna", first, "approve")).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining("no longer waits") },
    });
    const second = await bench.waits(grant);
    expect(second).not.toBe(first);
    // cancelled and due again between two rounds of the sweeper: the deadline tells the two times apart
    bench.clock.advance(1_000);
    const third = await bench.waits(grant, "sales");
    expect(await rowsOf(grant)).toEqual([
      { id: first, state: "withdrawn", approver_group: "finance" },
      { id: second, state: "withdrawn", approver_group: "finance" },
      { id: third, state: "open", approver_group: "sales" },
    ]);
  });

  test("asks anew where the value changed: nobody approves what they did not see", async () => {
    const grant = await bench.won("78");
    const seen = await bench.waits(grant);
    bench.clock.advance(1_000);
    await bench.database.run("update grants set value_minor = 9000 where id = $1", [grant]);
    expect(await decide("anna", seen, "approve")).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining("its value changed and it waits anew") },
    });
    const [, anew] = await rowsOf(grant);
    expect(await bench.stateOf(grant)).toBe("awaiting_approval");
    expect((await bench.call("anna", "GET", `/approvals/${anew?.id}`)).body).toMatchObject({
      state: "open",
      grant: { value: { minor: 9000 } },
    });
  });

  test("is opened by whoever looks, without a sweeper", async () => {
    const grant = await bench.won("78");
    await bench.database.run(
      "update grants set state = 'awaiting_approval', approval_by = 'finance', approval_until = $2 where id = $1",
      [grant, new Date("2030-01-01")],
    );
    const { body } = await bench.call("anna", "GET", "/approvals?state=open");
    expect(body.approvals.map((each) => each.grant?.id)).toContain(grant);
  });

  test("shows each what they may decide, and an admin everything", async () => {
    const finance = await bench.waits(await bench.won("78"));
    const sales = await bench.waits(await bench.won("78"), "sales");
    const manager = await bench.waits(await bench.won("78"), "manager");
    const own = await bench.waits(await bench.won("77"));
    const sees = async (name: string, query = "") => {
      const { body } = await bench.call(name, "GET", `/approvals?state=open${query}`);
      const ids: string[] = body.approvals.map((each) => each.id);
      return [finance, sales, manager, own].map((id) => ids.includes(id));
    };
    expect(await sees("anna")).toEqual([true, false, false, true]);
    expect(await sees("gino")).toEqual([false, true, false, false]);
    expect(await sees("marco")).toEqual([false, false, true, false]);
    expect(await sees("giulia")).toEqual([true, false, false, false]);
    expect(await sees("paolo")).toEqual([true, true, true, true]);
    expect(await sees("paolo", "&group=sales")).toEqual([false, true, false, false]);
    expect((await bench.call("gino", "GET", `/approvals/${finance}`)).status).toBe(403);
    expect((await bench.call("anna", "GET", `/approvals/${finance}`)).body).toMatchObject({
      kind: "grant",
      group: "finance",
      grant: { subject: "deal Rossi", value: { text: "300 points" } },
      explanation: [
        {
          milestone: "deal.won",
          subject: "Rossi",
          rules: [{ rule: "big", verdict: "matched", lines: [{ held: true }] }],
        },
      ],
    });
  });
});

describe("who may decide", () => {
  test.each([
    ["nobody for themselves, whatever their roles", "giulia", "77", "finance", "own"],
    ["nobody of another group", "gino", "78", "finance", "not_yours"],
    ["no admin of another group", "paolo", "78", "sales", "not_yours"],
    ["nobody else where the manager is asked", "paolo", "78", "manager", "not_yours"],
  ] as const)("%s", async (_, name, owner, group, error) => {
    const grant = await bench.won(owner);
    const id = await bench.waits(grant, group);
    for (const what of ["approve", "decline"] as const)
      expect(await decide(name, id, what, "because")).toMatchObject({ status: 403, body: { error } });
    expect(await bench.stateOf(grant)).toBe("awaiting_approval");
  });

  test("nobody for themselves, also where the CRM knows them under another address than people.yaml", async () => {
    const grant = await bench.won("78");
    await bench.database.run(
      `update milestones m set situation = jsonb_set(situation, '{owner,email}', '"ANNA@acme.example"') from grants g where g.milestone_id = m.id and g.id = $1`,
      [grant],
    );
    const id = await bench.waits(grant);
    expect(await decide("anna", id, "approve")).toMatchObject({ status: 403, body: { error: "own" } });
    const { body } = await bench.call("anna", "GET", "/approvals?state=open");
    expect(body.approvals.map((each) => each.id)).not.toContain(id);
  });

  test("the recipient's manager", async () => {
    const grant = await bench.won("77");
    expect((await decide("marco", await bench.waits(grant, "manager"), "approve")).status).toBe(200);
    expect(await bench.stateOf(grant)).toBe("approved");
  });

  test("an admin, where no manager is known; the manager, once one is", async () => {
    const grant = await bench.won("78");
    await bench.database.run("update recipients set manager = null where name = 'Tom Baker'");
    const id = await bench.waits(grant, "manager");
    expect((await decide("marco", id, "approve")).status).toBe(403);
    bench.clock.advance(1_000);
    await bench.database.run(
      "update recipients r set manager = m.id from recipients m where r.name = 'Tom Baker' and m.name = 'Marco Neri'",
    );
    await sweep(bench.corridor);
    expect(await rowsOf(grant)).toMatchObject([
      { id, state: "withdrawn", approver_group: "admin" },
      { state: "open", approver_group: "manager" },
    ]);
    await bench.database.run("update recipients set manager = null where name = 'Tom Baker'");
    bench.clock.advance(1_000);
    await sweep(bench.corridor);
    const last = (await rowsOf(grant)).at(-1)?.id ?? "";
    expect((await decide("paolo", last, "approve")).status).toBe(200);
  });
});

test("approved: ordered and paid as any other, under the name of who approved", async () => {
  const grant = await bench.won("78");
  const id = await bench.waits(grant);
  expect(await decide("anna", id, "approve", "Well earned")).toEqual({ status: 200, body: { id, state: "approved" } });
  expect(await lastMove(grant)).toEqual({
    from_state: "awaiting_approval",
    to_state: "approved",
    actor: "anna@acme.example",
    why: "Well earned",
  });
  await fulfil(bench.corridor, grant);
  expect(await bench.stateOf(grant)).toBe("issued");
  const [mail] = await bench.sent();
  expect(mail).toMatchObject({ kind: "reward", address: "tom@acme.example" });
});

test("declined: released, and the rep reads why, in their language and only as text", async () => {
  const before = await bench.reserved();
  const grant = await bench.won("77", "Rossi");
  expect(await bench.reserved()).toBe((before ?? 0) + 300);
  const id = await bench.waits(grant);
  expect((await decide("anna", id, "decline")).status).toBe(422);
  for (const empty of ["   ", "\u0000\u202e", "x".repeat(1_001)])
    expect((await decide("anna", id, "decline", empty)).status).toBe(422);
  const reason = "Sconto oltre il 30% <b>senza</b> accordo.";
  expect(await decide("anna", id, "decline", reason)).toMatchObject({ status: 200 });
  expect(await bench.stateOf(grant)).toBe("declined");
  expect(await bench.reserved()).toBe(before);
  expect(await lastMove(grant)).toMatchObject({ to_state: "declined", actor: "anna@acme.example", why: reason });
  const [mail] = await bench.sent();
  expect(mail).toMatchObject({
    kind: "declined",
    address: "Giulia@acme.example",
    subject: "Il premio per la trattativa Rossi non è stato approvato",
  });
  expect(mail?.text).toContain("Giulia, la trattativa Rossi è vinta");
  expect(mail?.text).toContain("Il motivo indicato: «Sconto oltre il 30% <b>senza</b> accordo».");
  expect(mail?.text).toContain("fino al 19 dicembre 2026");
  expect(mail?.html).toContain("&lt;b&gt;senza&lt;/b&gt;");
  const path = new URL(/https:\S+\/me\/[\w.-]+/.exec(mail?.text ?? "")?.[0] ?? "").pathname;
  const page = await (await fetch(bench.door + path)).text();
  expect(page).toContain("Il motivo indicato: «Sconto oltre il 30% &lt;b&gt;senza&lt;/b&gt; accordo.»");
  expect(page).toContain(`${path}/dispute`);
  expect(page).not.toContain("/reveal");
});

test("not decided in time: expired, released, and the rep is told that it was not for them to do", async () => {
  const before = await bench.reserved();
  const grant = await bench.won("78", "Brandt");
  const id = await bench.waits(grant, "finance", 2);
  bench.clock.advance(2 * 86_400_000 - 1);
  await sweep(bench.corridor);
  expect(await bench.stateOf(grant)).toBe("awaiting_approval");
  bench.clock.advance(1);
  // nobody swept since: deciding notices by itself
  expect(await decide("anna", id, "approve")).toMatchObject({
    status: 409,
    body: { error: "decided", message: expect.stringContaining("expired on 2026-") },
  });
  await sweep(bench.corridor);
  expect(await bench.stateOf(grant)).toBe("expired");
  expect(await bench.reserved()).toBe(before);
  expect(await lastMove(grant)).toMatchObject({
    actor: "settle",
    why: expect.stringContaining("nobody decided before"),
  });
  const [mail, ...others] = await bench.sent();
  expect(mail).toMatchObject({ kind: "expired", subject: "The reward for the Brandt deal was not decided in time" });
  expect(mail?.text).toContain("Nothing that you did or left out caused this.");
  expect(others.filter((each) => each.text.includes("Brandt"))).toEqual([]);
});

test("who cannot be told yet is told once an address appears", async () => {
  const grant = await bench.won("78", "Unreached");
  await bench.database.run("update recipients set email = null where name = 'Tom Baker'");
  const id = await bench.waits(grant);
  await decide("anna", id, "decline", "No budget");
  expect((await bench.sent()).some((each) => each.text.includes("Unreached"))).toBe(false);
  await bench.database.run("update recipients set email = 'tom@acme.example' where name = 'Tom Baker'");
  await sweep(bench.corridor);
  const mails = (await bench.sent()).filter((each) => each.text.includes("Unreached"));
  expect(mails).toEqual([expect.objectContaining({ kind: "declined" })]);
});

test("two at once: one decides, the other is told who did", async () => {
  for (let round = 0; round < 5; round++) {
    const grant = await bench.won("78");
    const id = await bench.waits(grant);
    const answers = await Promise.all([
      decide("anna", id, "approve"),
      decide("paolo", id, "decline", "Too much"),
      decide("anna", id, "approve"),
    ]);
    const won = answers.filter((each) => each.status === 200);
    expect(won).toHaveLength(1);
    const who = won[0]?.body.state === "approved" ? "Anna Conti approved" : "Paolo Ferri declined";
    for (const lost of answers.filter((each) => each.status !== 200))
      expect(lost).toMatchObject({ status: 409, body: { message: expect.stringContaining(who) } });
    expect(await bench.stateOf(grant)).toBe(won[0]?.body.state);
  }
});

test("bulk: each on its own; one that cannot be decided stops no other", async () => {
  const grants = [await bench.won("78"), await bench.won("77"), await bench.won("78")];
  const ids = [];
  for (const grant of grants) ids.push(await bench.waits(grant));
  const missing = "00000000-0000-4000-8000-000000000000";
  const { body } = await bench.call("giulia", "POST", "/approvals/bulk", {
    ids: [ids[0], ids[1], missing, ids[2], ids[0]],
    decision: "approve",
  });
  expect(body.results).toEqual([
    { id: ids[0], ok: true, state: "approved" },
    { id: ids[1], ok: false, error: "own", message: expect.stringContaining("somebody else has to decide") },
    { id: missing, ok: false, error: "not_found", message: expect.any(String) },
    { id: ids[2], ok: true, state: "approved" },
  ]);
  expect(await Promise.all(grants.map(bench.stateOf))).toEqual(["approved", "awaiting_approval", "approved"]);
  const declined = await bench.call("anna", "POST", "/approvals/bulk", { ids: [ids[1]], decision: "decline" });
  expect(declined.body.results).toMatchObject([{ ok: false, error: "no_reason" }]);
});

test("the database refuses a second open approval, and a decision without a name", async () => {
  const grant = await bench.won("78");
  const id = await bench.waits(grant);
  const insert = `insert into approvals (kind, grant_id, approver_group, asked_minor, asked_currency, requested_at) values ('grant', $1, 'finance', 1, 'PTS', now())`;
  await expect(bench.database.run(insert, [grant])).rejects.toThrow(/approvals_waiting/);
  await expect(
    bench.database.run("update approvals set state = 'approved', decided_at = now() where id = $1", [id]),
  ).rejects.toThrow(/check/);
});
