// What the README and docs/ say must be so: examples run, commands exist, paths and links lead somewhere.
import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "@jest/globals";
import { connectors } from "../../connectors/index.ts";
import { unpackEvent } from "../../connectors/webhook/unpack-event.ts";
import { withRoutes } from "../../scripts/api-routes.ts";
import { configurationPage } from "../../scripts/configuration-page.ts";
import { senders } from "../../src/channels/index.ts";
import { Environment } from "../../src/config.ts";
import { routes } from "../../src/http/api/index.ts";
import { grantStates } from "../../src/ledger/grant-states.ts";
import { knownTo } from "../../src/open-corridor.ts";
import { packageRoot } from "../../src/package-root.ts";
import { testRules } from "../../src/pipeline/rule-test.ts";
import { providerKinds } from "../../src/rewards/index.ts";
import { createTelemetry } from "../../src/telemetry.ts";
import { freshDatabase } from "../support/database.ts";
import { clockAt, openBench } from "../support/workspace.ts";
import { typedIn, wrongCommand } from "./commands.ts";
import { type Page, pages, takeApart } from "./pages.ts";
import { examplePath, exampleText, problemsOfBlock, readExample, starterRules } from "./yaml-blocks.ts";

/** Each finding with its place, so that a failing test names what to mend. */
type Finding = string;
const at = ({ file }: Page, line: number, what: string): Finding => `${file}:${line}: ${what}`;

/** YAML that is not ours to read: Docker's, Prometheus', … by their first line. */
const foreign: readonly RegExp[] = [/^services:/, /^scrape_configs:/];

const yamlProblems = (page: Page): Finding[] =>
  page.blocks
    .filter(({ kind }) => kind === "yaml")
    .flatMap(({ text, line }) => {
      if (foreign.some((first) => first.test(text))) return [];
      const problems = problemsOfBlock(text);
      return problems
        ? problems.map((problem) => at(page, line, problem))
        : [at(page, line, "a YAML block that is neither rules, nor accolade.yaml, nor people.yaml")];
    });

const commandProblems = (page: Page): Finding[] =>
  typedIn(page).flatMap((typed) => {
    const wrong = wrongCommand(typed);
    return wrong ? [at(page, typed.line, `${typed.command}: ${wrong}`)] : [];
  });

const topFolders =
  "src|docs|connectors|rules|rulebooks|templates|test|scripts|migrations|sandbox|bin|bench|faults|fuzz|dashboards|\\.ci";
const topFiles = /^(?:Dockerfile|[\w.-]+\.(?:md|js|cjs|json|yaml|svg)|\.npmrc|\.ci\/run)$/;
/** What a reader writes or gets, and this repository does not have. */
const theirs = new Set([
  "accolade.yaml",
  "people.yaml",
  "en.yaml",
  "it.yaml",
  "fr.yaml",
  "pt-BR.yaml",
  "src/app/webhooks/accolade-hsmeta.json",
  "rules/my-first.yaml",
  "bench/results/rules.json",
  "faults/results",
]);

const pathProblems = (page: Page): Finding[] =>
  page.spans.flatMap(({ text, line }) => {
    const looksLikeOne = new RegExp(`^(?:${topFolders})/[\\w./*{},-]*$`).test(text) || topFiles.test(text);
    if (!looksLikeOne || theirs.has(text) || text.includes("…")) return [];
    const found = /[*{]/.test(text)
      ? globSync(text, { cwd: packageRoot }).length > 0
      : existsSync(path.join(packageRoot, text));
    return found ? [] : [at(page, line, `found \`${text}\`, expected a path that exists`)];
  });

const linkProblems = (page: Page, all: readonly Page[] = pages): Finding[] =>
  page.links.flatMap(({ target, line }) => {
    if (/^https:\/\/[^\s]+$/.test(target) || target.startsWith("mailto:")) return [];
    const [file = "", anchor] = target.split("#");
    const from = path.posix.dirname(page.file);
    const wanted = file === "" ? page.file : path.posix.join(from, file);
    if (!existsSync(path.join(packageRoot, wanted)))
      return [at(page, line, `found a link to ${target}, expected a file`)];
    const aim = file === "" ? page : all.find((each) => each.file === wanted);
    return anchor === undefined || aim?.anchors.has(anchor)
      ? []
      : [at(page, line, `found a link to ${target}, expected a heading of that page`)];
  });

const read = new Set([...Object.keys(Environment.shape), "ACCOLADE_SECRET_KEY"]);
/** Names that a page uses to speak of variables in general, that other programs read, or that are no variables. */
const others = new Set(["NAME", "NAME_FILE", "CI", "NODE_ENV", "REQUEST_LIMIT_EXCEEDED", "POSTGRES_PASSWORD"]);

const variableProblems = (page: Page): Finding[] => {
  const referred = new Set(
    [...pages.flatMap(({ blocks }) => blocks), { kind: "yaml", text: exampleText }].flatMap(({ kind, text }) =>
      kind === "yaml" ? [...text.matchAll(/\$\{(\w+)\}/g)].map((found) => found[1] ?? "") : [],
    ),
  );
  const known = (name: string) => {
    const bare = name.replace(/_FILE$/, "");
    return others.has(name) || read.has(bare) || referred.has(bare);
  };
  const inText = page.spans.flatMap(({ text, line }) =>
    [...text.matchAll(/(?:^|[\s$({])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|PORT)(?=$|[\s=)}.:])/g)].map((found) => ({
      name: found[1] ?? "",
      line,
    })),
  );
  const inShells = page.blocks
    .filter(({ kind }) => ["", "sh", "bash", "shell", "console"].includes(kind))
    .flatMap(({ text, line }) => {
      // a variable of the shell's own stands alone on its line; one before a command is for that command
      const own = new Set(
        [...text.matchAll(/^([A-Z_]+)=(?!.*\b(?:npx|npm|node|accolade)\b)/gm)].map((found) => found[1]),
      );
      return [...text.matchAll(/\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b/g)]
        .map((found) => ({ name: found[1] ?? "", line }))
        .filter(({ name }) => !own.has(name));
    });
  return [...inText, ...inShells]
    .filter(({ name }) => !known(name))
    .map(({ name, line }) => at(page, line, `found the variable ${name}, expected one that Accolade reads`));
};

describe.each(pages.map((page) => [page.file, page] as const))("%s", (_file, page) => {
  test("YAML blocks load", () => expect(yamlProblems(page)).toEqual([]));
  test("commands exist", () => expect(commandProblems(page)).toEqual([]));
  test("paths exist", () => expect(pathProblems(page)).toEqual([]));
  test("links lead somewhere", () => expect(linkProblems(page)).toEqual([]));
  test("environment variables are read", () => expect(variableProblems(page)).toEqual([]));
});

test("every page can be reached from the README", () => {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const page = pages.find((each) => each.file === file);
    for (const { target } of page?.links ?? [])
      if (!target.includes(":")) visit(path.posix.join(path.posix.dirname(file), target.split("#")[0] ?? ""));
  };
  visit("README.md");
  expect(pages.map(({ file }) => file).filter((file) => !seen.has(file))).toEqual([]);
});

describe("docs/configuration.md", () => {
  test("is what the declarations say; `npm run docs` writes it", () =>
    expect(readFileSync(path.join(packageRoot, "docs/configuration.md"), "utf8")).toBe(configurationPage()));

  test("says something of every key", () => {
    const silent = configurationPage()
      .split("\n")
      .filter((line) => line.startsWith("| `") && / \| (?:Secret\.)? *\|$/.test(line));
    expect(silent).toEqual([]);
  });
});

test("tests of rules in the pages pass, with the starter rules", async () => {
  const files = pages.flatMap(({ file, blocks }) =>
    blocks.filter(({ kind, text }) => kind === "yaml" && /^tests:/m.test(text)).map(({ text }) => ({ file, text })),
  );
  expect(files.length).toBeGreaterThan(0);
  const bench = await openBench(
    {
      config: "providers:\n  points: { provider: points }\n  code-pool: { provider: code-pool }\n",
      rules: { "starter.yaml": starterRules },
    },
    clockAt("2026-11-23T12:00:00Z"),
  );
  const rules = [{ file: "rules/starter.yaml", text: starterRules }];
  const tested = await testRules(bench.opened.corridor, knownTo(bench.config), rules, files, (item) =>
    unpackEvent(item, ""),
  );
  await bench.close();
  expect(tested).toMatchObject({ ok: true });
  expect(tested.ok ? tested.results.filter(({ failures }) => failures.length > 0) : []).toEqual([]);
});

const paramsIn = (declared: string, at: string) =>
  new RegExp(`^${declared.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`).exec(at)?.groups ?? {};

describe("the API", () => {
  test("docs/api.md lists every route as it is declared; `npm run docs` writes it", () => {
    const page = readFileSync(path.join(packageRoot, "docs/api.md"), "utf8");
    expect(page).toBe(withRoutes(page));
    expect(page).toContain("`GET /api/v1/me`");
  });

  test("every call with curl is one that a route takes, with a body that fits", () => {
    const calls = pages.flatMap(({ blocks, file }) =>
      blocks
        .flatMap(({ text }) => text.split("\n").filter((line) => /^curl .*\/api\/v1\//.test(line)))
        .map((line) => ({ file, line })),
    );
    expect(calls.length).toBeGreaterThan(4);
    const wrong = calls.filter(({ line }) => {
      const url = new URL(/https:[^\s"]+/.exec(line)?.[0] ?? "");
      const sent = /-d '([^']*)'/.exec(line)?.[1];
      const at = url.pathname.replace("/api/v1", "");
      return !routes.some(
        ({ method, path: declared, params, query, body }) =>
          method === (sent === undefined ? "get" : "post") &&
          new RegExp(`^${declared.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(at) &&
          params.safeParse(paramsIn(declared, at)).success &&
          query.safeParse(Object.fromEntries(url.searchParams)).success &&
          (body === null || body.safeParse(JSON.parse(sent ?? "{}")).success),
      );
    });
    expect(wrong).toEqual([]);
  });
});

describe(examplePath, () => {
  test("loads, and has every connector, provider and sender that there is", () => {
    readExample();
    const named = (key: string) =>
      [
        ...new Set([...exampleText.matchAll(new RegExp(`^ +(?:# )?${key}: ([\\w-]+)`, "gm"))].map((found) => found[1])),
      ].sort();
    expect(named("connector")).toEqual(connectors.map(({ id }) => id).sort());
    expect(named("provider")).toEqual(providerKinds.map(({ id }) => id).sort());
    expect([...new Set([...named("sender"), "outbox"])].sort()).toEqual(senders.map(({ id }) => id).sort());
    expect(exampleText).toContain("sender: outbox");
  });

  test("names only keys that docs/configuration.md lists, also where they are commented out", () => {
    const keys = new Set([...configurationPage().matchAll(/^\| `(?:[\w[\]]+\.)*(\w+)` \|/gm)].map((found) => found[1]));
    const off = [...exampleText.matchAll(/^ *# +(\w+):(?= |$)/gm)].map((found) => found[1] ?? "");
    expect(off.length).toBeGreaterThan(15);
    expect(off.filter((key) => !keys.has(key) && !["connector", "provider", "sender"].includes(key))).toEqual([]);
  });
});

describe("docs/operate.md", () => {
  const text = readFileSync(path.join(packageRoot, "docs/operate.md"), "utf8");
  const between = (name: string) =>
    new RegExp(`<!-- ${name}:.*-->\\n([\\s\\S]*?)<!-- end of ${name} -->`)
      .exec(text)?.[1]
      ?.trim()
      .split("\n")
      .slice(2) ?? [];
  const cells = (row: string) => row.split("|").map((cell) => cell.trim());

  test("the table of metrics is what /metrics shows", async () => {
    const telemetry = createTelemetry();
    const { body } = await telemetry.text();
    const shown = [...body.matchAll(/^# HELP (\S+) (.+)$/gm)].map((found) => [found[1], found[2]]);
    expect(between("metrics").map((row) => [cells(row)[1]?.replaceAll("`", ""), cells(row)[3]])).toEqual(shown);
  });

  test("the table of states has each state of a grant", () =>
    expect(between("states").map((row) => cells(row)[1]?.replaceAll("`", ""))).toEqual([...grantStates]));

  test("the steps that it tells of are written somewhere", () => {
    const table = /### Log lines[\s\S]*?\n\n(\| step[\s\S]*?)\n\n/.exec(text)?.[1]?.split("\n").slice(2) ?? [];
    const steps = table.flatMap((row) =>
      [...(cells(row)[1] ?? "").matchAll(/`([^`]+)`/g)].map((found) => found[1] ?? ""),
    );
    expect(steps.length).toBeGreaterThan(20);
    const sources = globSync("src/**/*.ts", { cwd: packageRoot }).map((file) =>
      readFileSync(path.join(packageRoot, file), "utf8"),
    );
    expect(steps.filter((step) => !sources.some((source) => source.includes(`"${step}"`)))).toEqual([]);
  });

  test("its SQL runs", async () => {
    const statements = pages.flatMap(({ blocks }) => blocks).filter(({ kind }) => kind === "sql");
    expect(statements.length).toBeGreaterThan(3);
    const database = await freshDatabase();
    for (const { text: statement } of statements) await database.rows(statement);
    await database.close();
  });
});

describe("docs/security.md", () => {
  const text = readFileSync(path.join(packageRoot, "docs/security.md"), "utf8");
  const rows =
    /<!-- hostile:.*-->\n([\s\S]*?)<!-- end of hostile -->/.exec(text)?.[1]?.trim().split("\n").slice(2) ?? [];
  const named = rows.map((row) =>
    (row.split(" | ").at(-1) ?? "")
      .replace(/ \|$/, "")
      .split("<br>")
      .map((each) => /^`(test\/[\w./-]+\.test\.ts)`: (.+)$/.exec(each)?.slice(1) ?? [each, ""]),
  );
  /** `test("…", …)`, and `test.each(…)("…", …)`, whose brackets end right before its title. */
  const titlesIn = (file: string): string[] => {
    const source = existsSync(path.join(packageRoot, file)) ? readFileSync(path.join(packageRoot, file), "utf8") : "";
    const found = source.matchAll(/(?:\btest|\))\(\s*("(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`),\s*(?:async\s*)?\(/g);
    return [...found].map((each) => (each[1] ?? "").slice(1, -1));
  };

  test("each row of the table names tests that there are", () => {
    expect(rows.length).toBeGreaterThan(30);
    const missing = named.flat().filter(([file = "", title = ""]) => !titlesIn(file).includes(title));
    expect(missing).toEqual([]);
  });

  test("each test of test/hostile/ is in the table", () => {
    const inTable = new Set(named.flat().map((each) => each.join(": ")));
    const files = globSync("test/hostile/*.test.ts", { cwd: packageRoot });
    const all = files.flatMap((file) => titlesIn(file).map((title) => `${file}: ${title}`));
    expect(all.length).toBeGreaterThan(30);
    expect(all.filter((each) => !inTable.has(each))).toEqual([]);
  });
});

test("the README's house has every folder of src/", () => {
  const readme = pages.find(({ file }) => file === "README.md");
  const named = new Set(readme?.spans.map(({ text }) => text));
  expect(
    globSync("src/*/", { cwd: packageRoot }).filter((folder) => !named.has(`${folder.replace(/\/$/, "")}/`)),
  ).toEqual([]);
});

test("the README says why for each package that we use, and for none that we do not", () => {
  const {
    dependencies,
    devDependencies,
  }: Record<string, Record<string, string>> = JSON.parse(readFileSync(path.join(packageRoot, "package.json"), "utf8"));
  const readme = readFileSync(path.join(packageRoot, "README.md"), "utf8");
  const [, madeWith = ""] = /## Made with\n([\s\S]*?)\n## /.exec(readme) ?? [];
  const [table = "", development = ""] = madeWith.split("\nFor development:");
  const rows = table.split("\n").filter((line) => line.startsWith("| `"));
  const named = (part: string) => [...part.matchAll(/`([^`\s]+)`/g)].map((found) => found[1] ?? "");
  expect(rows.flatMap((row) => named(row.split("|")[1] ?? "")).sort()).toEqual(Object.keys(dependencies ?? {}).sort());
  const types = (name: string) => (name.startsWith("@types/") ? "@types/*" : name);
  expect(named(development).sort()).toEqual([...new Set(Object.keys(devDependencies ?? {}).map(types))].sort());
});

describe("these checks find what they are there for", () => {
  const page = (text: string) => takeApart("docs/sample.md", text);
  test.each([
    ["`accolade doctr`", 'no command "doctr"'],
    ["`accolade rules chek`", 'no command "chek"'],
    ["`accolade rules`", "no command"],
    ["`npx accolade replay --parkd`", "no option --parkd"],
    ["`accolade simulate --events`", "needs a value"],
    ["`accolade codes import pool`", "takes 2 arguments, found 1"],
    ["```sh\naccolade codes import\n```", "takes 2 arguments, found 0"],
    ["`accolade rules explain 1 2`", "takes 1 arguments, found 2"],
    ["`npm run chekc`", 'no script "chekc"'],
    ["`npm instal`", "no command"],
    ["`npx accolad doctor`", "none of ours"],
    ["```sh\nPORT=3001 npx accolade sevre\n```", 'no command "sevre"'],
    ["```\n$ npm ci && npm strat\n```", "npm strat"],
    ["1. List:\n   ```sh\n   accolade doctor --jsn\n   ```", "no option --jsn"],
  ])("a wrong command: %j", (text, why) => {
    expect(commandProblems(page(text))).toEqual([expect.stringContaining(why)]);
  });

  test("and let right ones through", () => {
    const text =
      "`accolade codes import <pool> <file.csv>`, `accolade rules explain <event id>`, `accolade replay --parked`\n\n" +
      "```sh\n# the sandbox\nPORT=3001 npx accolade simulate --events 100 --rate=50 # slowly\nnpm ci && npm start\n```";
    expect(typedIn(page(text))).toHaveLength(6);
    expect(commandProblems(page(text))).toEqual([]);
  });

  test.each([
    ["rules that do not load", "```yaml\nrules:\n  - { id: a, on: deal.wonn }\n```"],
    ["settings that nobody knows", "```yaml\nproviders:\n  points: { provider: points, balance: 3 }\n```"],
    ["a person without an address", "```yaml\npeople:\n  - { name: Giulia }\n```"],
    ["something else", "```yaml\nrule: { id: a }\n```"],
    ["a list", "```yaml\n- rules\n```"],
  ])("wrong YAML: %s", (_what, text) => expect(yamlProblems(page(text))).not.toEqual([]));

  test("paths, links and variables that are not there, a fence that stays open", () => {
    expect(
      pathProblems(page("`src/not-here.ts`, `rules/*.yml`, `Makefile.json`, `src/cli/`, `src/**/*.ts`")),
    ).toHaveLength(3);
    const links = "[a](gone.md) [b](channels.md#gone) [c](#gone) [d](../README.md) [e](channels.md) ![f](gone.png)";
    expect(linkProblems(page(links))).toHaveLength(4);
    expect(linkProblems(page('<img src="images/gone.png">'))).toHaveLength(1);
    const names =
      "`DATABASE_URI`, `PORT=3001`, `REDIS_URL`, `ACCOLADE_SECRETS=1`\n\n```sh\nLOG_LEVL=debug npm start\n```";
    expect(variableProblems(page(names)).map((finding) => finding.split(" ")[4])).toEqual([
      "DATABASE_URI,",
      "ACCOLADE_SECRETS,",
      "LOG_LEVL,",
    ]);
    expect(() => page("```yaml\nrules: []\n")).toThrow("never closed");
  });
});
