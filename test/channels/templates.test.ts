import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createRenderer, loadTemplates, type TemplateProblem } from "../../src/channels/index.ts";
import { notice, rossi } from "./messages.ts";

let room: string;
beforeAll(async () => {
  room = await mkdtemp(path.join(tmpdir(), "accolade-templates-"));
});
afterAll(() => rm(room, { recursive: true, force: true }));

let count = 0;
/** A copy of the templates that ship, with one file changed as an admin might. */
const changed = async (file: string, change: (text: string) => string): Promise<string> => {
  const folder = path.join(room, String(count++));
  await cp("templates", folder, { recursive: true });
  const name = path.join(folder, "reward", file);
  const before = await readFile(name, "utf8").catch(() => "");
  const after = change(before);
  if (after === before) throw new Error("the change changed nothing");
  await writeFile(name, after);
  return folder;
};
const problemsOf = async (folder: string): Promise<TemplateProblem[]> => {
  const loaded = await loadTemplates(folder);
  return loaded.ok ? [] : loaded.problems;
};

describe("an admin's own words", () => {
  test("are used, and a new language is a new file", async () => {
    const french = await changed("fr.yaml", () => "x");
    const english = await readFile("templates/reward/en.yaml", "utf8");
    await writeFile(path.join(french, "reward", "fr.yaml"), english.replace("Open it", "Ouvrir"));
    const loaded = await loadTemplates(french);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const renderer = createRenderer(loaded.templates, "en");
    expect(renderer.languageFor("fr-CA")).toBe("fr");
    expect(renderer.renderReward("sms", "fr-CA", rossi).text).toContain("Ouvrir: https://");
  });

  test.each<[string, string, (text: string) => string, Record<string, unknown>]>([
    [
      "a name that does not exist",
      "en.yaml",
      (t) => t.replace("{rule}: {value} for you", "{ruel}: {value}"),
      { place: "moments.other.subject", found: "{ruel}" },
    ],
    [
      "a brace too few",
      "it.yaml",
      (t) => t.replace("fino al {until}", "fino al {until"),
      { place: "expires", expected: expect.stringContaining("ICU") },
    ],
    ["a key too many", "en.yaml", (t) => `${t}\nfooter2: x\n`, { place: "footer2", expected: "no such key here" }],
    ["a key too few", "en.yaml", (t) => t.replace(/^button:.*$/m, ""), { place: "button", found: "nothing" }],
    ["a list where words belong", "en.yaml", (t) => t.replace(/^button:.*$/m, "button: [a]"), { place: "button" }],
    ["broken YAML", "it.yaml", (t) => t.replace("moments:", "moments: ["), { expected: "YAML" }],
    [
      "a WhatsApp text that starts with a variable",
      "en.yaml",
      (t) => t.replace("A message from {{1}}", "{{1}}"),
      { place: "whatsapp.body" },
    ],
    [
      "a WhatsApp text that leaves a variable out",
      "en.yaml",
      (t) => t.replace("Your reward: {{3}}.", ""),
      { place: "whatsapp.body", found: "{{1}} {{2}} {{4}}", expected: "{{1}} {{2}} {{3}} {{4}}" },
    ],
    [
      "an unknown placeholder in the layout",
      "email.mjml",
      (t) => t.replace("{{footer}}", "{{fotter}}"),
      { found: "{{fotter}}" },
    ],
    ["a layout without the link", "email.mjml", (t) => t.replaceAll("{{link}}", "#"), { found: "no {{link}}" }],
    [
      "a tag that MJML has not",
      "email.mjml",
      (t) => t.replace("mj-spacer", "mj-space"),
      { place: "mj-space", line: expect.any(Number) },
    ],
    ["a file that is named for no language", "1english.yaml", () => "x", { found: "1english.yaml" }],
  ])("%s is reported with its place", async (_, file, change, problem) => {
    const problems = await problemsOf(await changed(file, change));
    expect(problems).toContainEqual(
      expect.objectContaining({
        file: expect.stringContaining(file),
        found: expect.any(String),
        expected: expect.any(String),
        ...problem,
      }),
    );
  });

  test("the line is the one that the admin must look at", async () => {
    const folder = await changed("en.yaml", (text) => text.replace("Open your reward", "Open {nothing}"));
    const lines = (await readFile(path.join(folder, "reward", "en.yaml"), "utf8")).split("\n");
    const [problem] = await problemsOf(folder);
    expect(lines[(problem?.line ?? 0) - 1]).toContain("Open {nothing}");
  });

  test("every problem at once, and missing files by name", async () => {
    expect((await problemsOf(path.join(room, "nowhere"))).length).toBe(1);
    const folder = await changed("en.yaml", (text) => text.replace("Open your reward", "{a} {b}"));
    await rm(path.join(folder, "reward", "email.mjml"));
    expect((await problemsOf(folder)).map(({ found }) => found)).toEqual([
      "{a}",
      "{b}",
      "no such file, or not readable",
    ]);
  });
});

test("a folder of an admin's own from before there were notices still works, with the package's words for them", async () => {
  const folder = path.join(room, "older");
  await cp("templates/reward", path.join(folder, "reward"), { recursive: true });
  const loaded = await loadTemplates(folder);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  expect(createRenderer(loaded.templates, "en").renderNotice("declined", "sms", "it", notice).text).toContain(
    "Il premio",
  );
});

test.each([
  ["declined/en.yaml", (t: string) => t.replace("{given}", "{givn}"), { place: "because", found: "{givn}" }],
  ["expired/it.yaml", (t: string) => t.replace(/^button:.*$/m, ""), { place: "button", found: "nothing" }],
  ["notice.mjml", (t: string) => t.replace("{{news}}", "{{worth}}"), { found: "{{worth}}" }],
])("a mistake in %s is reported with its place", async (file, change, problem) => {
  const problems = await problemsOf(await changed(path.join("..", file), change));
  expect(problems).toContainEqual(expect.objectContaining({ file: expect.stringContaining(file), ...problem }));
});

test("the WhatsApp texts in the docs are word for word those of the templates", async () => {
  const docs = await readFile("docs/channels.md", "utf8");
  for (const language of ["en", "it"]) {
    for (const kind of ["reward", "declined", "expired"]) {
      const words = await readFile(`templates/${kind}/${language}.yaml`, "utf8");
      const body = /body: \|-\n((?: {4}.*\n|\n)+)/.exec(words)?.[1]?.replace(/^ {4}/gm, "").trim();
      expect(body).toContain("{{4}}");
      expect(docs).toContain(body);
    }
  }
});
