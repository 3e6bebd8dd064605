/** The starter rule books: each is on the list, loads, is SMART, and gives what its own tests say. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { parse } from "yaml";
import { unpackEvent } from "../connectors/webhook/unpack-event.ts";
import { rulebooksPage } from "../scripts/rulebooks-page.ts";
import { ruleBooks } from "../src/cli/rule-books.ts";
import { readConfig } from "../src/config.ts";
import { checkRules } from "../src/engine/index.ts";
import { knownTo } from "../src/open-corridor.ts";
import { packageRoot } from "../src/package-root.ts";
import { testRules } from "../src/pipeline/rule-test.ts";
import { readTestFile } from "../src/pipeline/rule-test-file.ts";
import { problemLine } from "../src/yaml/problem.ts";
import { post, SECRET, told } from "./metrics/story.ts";
import { freshDatabaseUrl } from "./support/database.ts";
import { runAccolade } from "./support/run-accolade.ts";
import { runHere } from "./support/run-here.ts";
import { type Bench, clockAt, openBench } from "./support/workspace.ts";

jest.setTimeout(180_000);
/** The books have days in them: what is past later was not when they were written. */
const written = new Date("2026-11-25T12:00:00Z");
const KEY = "a-secret-key-for-these-tests-that-is-long-enough";
const ids = ruleBooks.map(({ id }) => id);
const textOf = (name: string) => readFile(path.join(packageRoot, "rulebooks", name), "utf8");
const source = async (name: string) => ({ file: `rules/${name}`, text: await textOf(name) });

let empty: string;
let bench: Bench;
let known: ReturnType<typeof knownTo>;
beforeAll(async () => {
  empty = await mkdtemp(path.join(tmpdir(), "accolade-rulebooks-"));
  const sandbox = await readConfig({}, empty);
  if (!sandbox.ok) throw new Error(sandbox.problems.join("\n"));
  known = knownTo(sandbox.config);
  bench = await openBench(
    {
      config: `workspace: { timeZone: Europe/Rome }\nconnections:\n  crm: { connector: webhook, secret: ${SECRET} }\nproviders:\n  points: { provider: points }\npeople: people.yaml\n`,
      rules: { "contest.yaml": await textOf("contest.yaml") },
      people: `people:\n  - { name: Giulia Bianchi, email: giulia@acme.example, crm: { crm: "7" } }\n  - { name: Tom Okafor, email: tom@acme.example, crm: { crm: "8" } }\n`,
      env: { ACCOLADE_SECRET_KEY: KEY },
    },
    clockAt("2027-03-31T12:00:00Z"),
  );
});
afterAll(async () => {
  await bench.close();
  await rm(empty, { recursive: true, force: true });
});

test("the list is what lies in rulebooks/", async () => {
  const files = await readdir(path.join(packageRoot, "rulebooks"));
  expect(files.sort()).toEqual(ids.flatMap((id) => [`${id}.yaml`, `${id}.test.yaml`]).sort());
});

describe.each(ids)("%s", (id) => {
  test("passes `accolade rules check --strict` in the sandbox, and speaks English and Italian", async () => {
    const checked = checkRules([await source(`${id}.yaml`)], known, written);
    expect(checked.ok ? checked.warnings.map(problemLine) : checked.problems.map(problemLine)).toEqual([]);
    const { rules, rewards } = parse(await textOf(`${id}.yaml`));
    for (const { title } of [...rules, ...rewards]) expect(Object.keys(title)).toEqual(["en", "it"]);
  });

  test("has tests of who gets how much, of a near miss, and of a hold or cap", async () => {
    const rules: { id: string }[] = parse(await textOf(`${id}.yaml`)).rules;
    const { tests } = readTestFile(
      await source(`${id}.test.yaml`),
      rules.map((rule) => rule.id),
      "UTC",
    );
    const rewards = tests.flatMap(({ expect: expected }) => expected);
    const given = new Set(rewards.flatMap(({ rule, to, value }) => (to && value ? [rule] : [])));
    expect(rules.map((rule) => rule.id).filter((rule) => !given.has(rule))).toEqual([]);
    expect(
      tests.some(({ expectNone, because }) => expectNone !== true && expectNone.length > 0 && because.length > 0),
    ).toBe(true);
    expect(rewards.some(({ state }) => state === "held" || state === "cancelled" || state === "stopped")).toBe(true);
  });
});

test("docs/rulebooks.md has a section for each, as the books are; `npm run docs` writes it", async () => {
  const page = await readFile(path.join(packageRoot, "docs/rulebooks.md"), "utf8");
  expect(page).toBe(rulebooksPage());
  expect([...page.matchAll(/^## ([\w-]+)\n\n<!-- book: \1 -->$/gm)].map((found) => found[1])).toEqual(ids);
});

test("together they give what their tests say", async () => {
  const sources = (kind: string) => Promise.all(ids.map((id) => source(`${id}${kind}.yaml`)));
  const [books, tests] = [await sources(""), await sources(".test")];
  const tested = await testRules(bench.opened.corridor, known, books, tests, (item) => unpackEvent(item, ""));
  const results = tested.ok ? tested.results : [];
  expect(new Set(results.map(({ file }) => file)).size).toBe(ids.length);
  expect(results.filter(({ failures }) => failures.length > 0)).toEqual([]);
});

test("all of them and the starter rules go into one folder", async () => {
  const starter = {
    file: "rules/starter.yaml",
    text: await readFile(path.join(packageRoot, "rules/starter.yaml"), "utf8"),
  };
  const checked = checkRules([starter, ...(await Promise.all(ids.map((id) => source(`${id}.yaml`))))], known, written);
  expect(checked.ok ? [] : checked.problems.map(problemLine)).toEqual([]);
});

describe("as an admin types it", () => {
  const run = (...args: string[]) => runHere(args, empty, { ACCOLADE_SECRET_KEY: KEY });

  test("rules books names them all, with what each needs", async () => {
    const { stdout } = await run("rules", "books");
    for (const { id, about, needs } of ruleBooks) expect(stdout).toContain(`${id}\n  ${about}\n  needs ${needs}\n`);
    expect(JSON.parse((await run("rules", "books", "--json")).stdout)).toEqual(ruleBooks);
  });

  test("--print shows a book and writes nothing; one that is not there is refused with those that are", async () => {
    expect((await run("rules", "add", "contest", "--print")).stdout).toBe(await textOf("contest.yaml"));
    const wrong = await run("rules", "add", "contst");
    expect([wrong.code, wrong.stderr]).toEqual([1, `found the book "contst", expected one of ${ids.join(", ")}\n`]);
    expect(await readdir(empty)).not.toContain("rules");
  });

  test("rules add in an empty folder: the book, its tests and the schema; then check and test pass", async () => {
    const env = { ACCOLADE_SECRET_KEY: KEY, DATABASE_URL: await freshDatabaseUrl() };
    const added = await runAccolade(["rules", "add", "newsletter"], empty, env);
    expect(added.code).toBe(0);
    expect(added.stdout).toContain("Wrote rules/newsletter.yaml and rules/newsletter.test.yaml.");
    expect(added.stdout).toContain("in place of the starter rules");
    const rules = path.join(empty, "rules");
    expect((await readdir(rules)).sort()).toEqual(["newsletter.test.yaml", "newsletter.yaml", "rules.schema.json"]);
    expect((await runAccolade(["rules", "check"], empty, env)).stdout).toContain(
      "2 rules and 2 rewards in 1 file: all in order",
    );
    expect((await runAccolade(["rules", "test"], empty, env)).stdout).toContain(", 0 failed.");
  });

  test("what is there already is never overwritten", async () => {
    const mine = path.join(empty, "rules", "upsell.test.yaml");
    await writeFile(mine, "tests: []\n");
    const refused = await runAccolade(["rules", "add", "upsell"], empty, { ACCOLADE_SECRET_KEY: KEY });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("rules/upsell.test.yaml: found such a file already, and left it as it is");
    expect(await readFile(mine, "utf8")).toBe("tests: []\n");
    expect(await readdir(path.join(empty, "rules"))).not.toContain("upsell.yaml");
  });
});

test("the leaderboard of the contest: by name, the highest first", async () => {
  const won = (deal: string, owner: string, company: string, amount: number) =>
    told(`deal/${deal}`, "won", "2027-02-10T10:00:00Z", { owner, company, amount });
  await post(bench, [won("1", "7", "k1", 30_000), won("2", "8", "k2", 40_000), won("3", "8", "k3", 15_000)]);
  await bench.drain();
  const shown = await runHere(
    ["metrics", "show", "net_new_revenue", "--of", "owner", "--at", "2027-03-31"],
    bench.folder,
    {
      DATABASE_URL: bench.config.databaseUrl ?? "",
      ACCOLADE_SECRET_KEY: KEY,
    },
  );
  expect(
    shown.stdout
      .split("\n")
      .slice(1, 4)
      .map((line) => line.split(/ {2,}/).slice(0, 2)),
  ).toEqual([
    ["owner", "value"],
    ["Tom Okafor", "55000"],
    ["Giulia Bianchi", "30000"],
  ]);
  expect(
    await bench.opened.database.rows("select rule_id, recipient_key from grants order by rule_id, recipient_key"),
  ).toEqual([
    { rule_id: "contest-goal", recipient_key: "crm/user/8" },
    { rule_id: "contest-half-way", recipient_key: "crm/user/7" },
    { rule_id: "contest-half-way", recipient_key: "crm/user/8" },
  ]);
});
