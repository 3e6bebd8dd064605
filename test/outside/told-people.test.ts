/** What people decide is told too: approvals and disputes, with ids and outcomes, and none of their words. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type OutgoingType, outgoingEvents } from "../../src/outgoing-events.ts";
import { type ApprovalBench, openApprovalBench } from "../support/approval-bench.ts";

let bench: ApprovalBench;
beforeAll(async () => {
  bench = await openApprovalBench();
});
afterAll(() => bench.close());

const told = async () => {
  const rows = await bench.database.rows<{ type: OutgoingType; body: string }>(
    "select type, body from outgoing order by id",
  );
  return rows.map(({ type, body }) => ({ type, body, data: JSON.parse(body).data as Record<string, unknown> }));
};

test("approved, declined, disputed, answered: each with the shape that the list says", async () => {
  const yes = await bench.won("78", "Rossi");
  await bench.call("anna", "POST", `/approvals/${await bench.waits(yes)}/approve`, {});
  const no = await bench.won("78", "Verdi");
  await bench.call("anna", "POST", `/approvals/${await bench.waits(no)}/decline`, { reason: "Too thin a margin" });
  const page = bench.pageOf(yes);
  await fetch(`${bench.door}${page}/dispute`, {
    method: "POST",
    body: new URLSearchParams({ what: "this", text: "It was much more." }),
    redirect: "manual",
  });
  const { body } = await bench.call("paolo", "GET", "/approvals?state=open&limit=500");
  const dispute = body.approvals.find(({ kind }) => kind === "dispute");
  await bench.call("paolo", "POST", `/approvals/${dispute?.id}/decline`, { reason: "It was not." });

  const events = await told();
  for (const { type, data } of events) outgoingEvents[type].data.parse(data);
  const about = (grant: string) => events.filter(({ data }) => data.grant === grant).map(({ type }) => type);
  expect(about(yes)).toEqual(
    expect.arrayContaining(["grant.created", "grant.approved", "dispute.raised", "dispute.decided"]),
  );
  expect(about(no)).toEqual(["grant.created", "grant.declined"]);
  expect(events.find(({ type }) => type === "dispute.raised")?.data).toMatchObject({ outcome: null, grant: yes });
  expect(events.find(({ type }) => type === "dispute.decided")?.data).toMatchObject({ outcome: "declined" });
  expect(events.filter((event) => /Tom|tom@|margin|much more|It was not/.test(event.body))).toEqual([]);
});
