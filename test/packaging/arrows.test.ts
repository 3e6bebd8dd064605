// The check of imports that `npm run check` makes: it must find what it is there for.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { wrongArrows } from "../../scripts/check-arrows.ts";
import { packageRoot } from "../../src/package-root.ts";

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

const houseWith = async (files: Record<string, string>) => {
  const folder = await mkdtemp(path.join(tmpdir(), "accolade-arrows-"));
  folders.push(folder);
  for (const [name, text] of Object.entries({
    "bin/a.js": "",
    "connectors/connector.ts": "",
    "src/events.ts": "",
    ...files,
  })) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  return wrongArrows(folder).problems;
};

test("this house has none", () => {
  const { files, problems } = wrongArrows(packageRoot);
  expect(problems).toEqual([]);
  expect(files).toBeGreaterThan(150);
});

test.each([
  ["a room that imports another room", "src/rewards/a.ts", 'import { b } from "../ledger/b.ts";'],
  ["even its types, where they are no contract", "src/rewards/a.ts", 'import type { B } from "../ledger/b.ts";'],
  [
    "a contract's code, not only its types",
    "src/engine/a.ts",
    'import { channelNames } from "../channels/channel.ts";',
  ],
  ["a room that imports the corridor", "src/people/a.ts", 'import { decide } from "../pipeline/decide.ts";'],
  ["the database importing a room", "src/db/a.ts", 'export * from "../engine/b.ts";'],
  ["the corridor importing the HTTP door", "src/pipeline/a.ts", 'import "../http/app.ts";'],
  ["an import over several lines", "src/pipeline/a.ts", 'import {\n  one,\n  two,\n} from "../http/app.ts";'],
  ["an import made later", "src/pipeline/a.ts", 'const it = await import("../http/app.ts");'],
  ["a leaf that imports more than leaves", "src/events.ts", 'import { a } from "./main.ts";'],
  ["a connector that knows our tables", "connectors/hub/a.ts", 'import { sql } from "../../src/db/sql.ts";'],
  ["a connector that knows another one", "connectors/hub/a.ts", 'import { b } from "../sales/b.ts";'],
  ["tests in the product", "src/http/a.ts", 'import { b } from "../../test/support/b.ts";'],
  ["a folder that nobody has thought about", "src/drawer/a.ts", 'import { b } from "../engine/b.ts";'],
])("finds %s", async (_what, file, text) => {
  const problems = await houseWith({ [file]: `// first line\n${text}\n` });
  expect(problems).toEqual([expect.stringMatching(new RegExp(`^${file}:2: found an import of `))]);
});

test("finds a circle, once, wherever it is entered", async () => {
  const problems = await houseWith({
    "src/main.ts": 'import "./engine/a.ts";\nimport "./engine/b.ts";',
    "src/engine/a.ts": 'import "./b.ts";',
    "src/engine/b.ts": 'import { c } from "./c.ts";',
    "src/engine/c.ts": 'import { a } from "./a.ts";',
  });
  expect(problems).toEqual(["circle: src/engine/a.ts → src/engine/b.ts → src/engine/c.ts → src/engine/a.ts"]);
});

test("types alone make no circle, and the allowed arrows are allowed", async () => {
  const problems = await houseWith({
    "src/engine/a.ts": 'import type { B } from "./b.ts";\nimport type { C } from "../channels/channel.ts";',
    "src/engine/b.ts":
      'import { a } from "./a.ts";\nimport { events } from "../events.ts";\nimport { sql } from "../db/sql.ts";',
    "src/pipeline/a.ts": 'import { b } from "../engine/b.ts";',
    "connectors/hub/deep/a.ts": 'import { b } from "../b.ts";\nimport type { E } from "../../../src/events.ts";',
  });
  expect(problems).toEqual([]);
});
