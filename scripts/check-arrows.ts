/**
 * Imports point one way: `http, queue, cli → pipeline → rooms → db`. A room never imports another room, connectors know the
 * event model and nothing else of ours, and nothing imports tests. `npm run check` prints every import that points
 * another way, and every circle of imports.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

interface Import {
  from: string;
  to: string;
  line: number;
  /** `import type`: nothing is left of it at run time. */
  typeOnly: boolean;
}

const rooms = ["engine", "ledger", "metrics", "people", "records", "rewards", "channels"];

/** Which folders of src/ a folder may import, beside itself and the leaves. */
const below: Readonly<Record<string, readonly string[]>> = {
  cli: ["http", "queue", "simulate", "history", "pipeline", ...rooms, "db", "yaml"],
  simulate: ["pipeline", ...rooms, "db", "yaml"],
  history: ["db"],
  http: ["pipeline", ...rooms, "db", "yaml"],
  queue: ["db"],
  pipeline: [...rooms, "db", "yaml"],
  ...Object.fromEntries(rooms.map((room) => [room, ["db", "yaml"]])),
  db: [],
  yaml: [],
};

/** Small files at the top of src/ that import nothing but each other: anybody in src/ may use them. */
const leaves = [
  "config-money",
  "csv",
  "events",
  "log",
  "money",
  "outcome",
  "outgoing-events",
  "package-root",
  "public-address",
  "rates",
  "receipt",
  "redact",
  "sealer",
  "situation",
  "storable",
  "telemetry",
  "users",
  "vendor-address",
  "windows",
  "within",
  "wordings",
].map((name) => `src/${name}.ts`);

/** Contracts, whose types may be named from further away than their room's code may be called. */
const contracts: Readonly<Record<string, readonly string[]>> = {
  "connectors/connector.ts": ["http", "pipeline"],
  "connectors/index.ts": ["pipeline"],
  "connectors/write-back.ts": ["pipeline"],
  "src/channels/channel.ts": ["engine"],
  "src/config.ts": ["simulate"],
  "src/config-webhooks.ts": ["pipeline"],
  "src/queue/queue.ts": ["pipeline"],
  "src/records/timeline.ts": ["metrics"],
};

/** What every connector may import outside of its own folder. */
const forConnectors = [
  "connectors/api-address.ts",
  "connectors/connector.ts",
  "connectors/standard-webhooks.ts",
  "connectors/write-back.ts",
];
const forConnectorTypes = ["src/events.ts", "src/outcome.ts"];
/** The event model is data: its schemas may be used, too. */
const forConnectorValues = ["src/events.ts"];

const statement = /^(?:import|export)\s(?:(type)\s)?[^;"']*?from\s*["'](\.[^"']+)["']|^import\s*["'](\.[^"']+)["']/gm;
const later = /\bimport\(\s*["'](\.[^"']+)["']\s*\)/g;

const importsOf = (root: string, file: string): Import[] => {
  const text = readFileSync(path.join(root, file), "utf8");
  const at = (found: RegExpExecArray, name: string, typeOnly: boolean): Import => ({
    from: file,
    to: path.posix.join(path.posix.dirname(file), name),
    line: text.slice(0, found.index).split("\n").length,
    typeOnly,
  });
  return [
    ...[...text.matchAll(statement)].map((found) => at(found, found[2] ?? found[3] ?? "", found[1] === "type")),
    ...[...text.matchAll(later)].map((found) => at(found, found[1] ?? "", false)),
  ];
};

const folderOf = (file: string): string | undefined => {
  const [top, second, third] = file.split("/");
  return top === "src" && third !== undefined ? second : undefined;
};

/** Why this import may not be; undefined where it may. */
const wrong = ({ from, to, typeOnly }: Import): string | undefined => {
  if (to.startsWith("test/") || to.startsWith("scripts/")) return "nothing imports tests or scripts";
  if (from.startsWith("connectors/")) {
    if (path.posix.dirname(from) === path.posix.dirname(to) || from === "connectors/index.ts") {
      return to.startsWith("src/") ? "connectors/index.ts is a list of connectors" : undefined;
    }
    const folder = from.split("/")[1] ?? "";
    if (to.startsWith(`connectors/${folder}/`) || forConnectors.includes(to) || forConnectorValues.includes(to))
      return undefined;
    if (forConnectorTypes.includes(to) && (typeOnly || from === "connectors/connector.ts")) return undefined;
    return "a connector imports its own folder, connectors/connector.ts and src/events.ts";
  }
  if (to.startsWith("src/") && leaves.includes(to)) return undefined;
  const folder = folderOf(from);
  if (leaves.includes(from)) return "a leaf imports only leaves";
  if (folder === undefined) return undefined; // main, open-corridor, config: they join everything
  if (typeOnly && contracts[to]?.includes(folder)) return undefined;
  const target = folderOf(to);
  if (target === folder) return undefined;
  const allowed = below[folder];
  if (!allowed) return `src/${folder} is not in scripts/check-arrows.ts: say what it may import`;
  if (target !== undefined && allowed.includes(target)) return undefined;
  if (folder === "cli" && (target === undefined || to.startsWith("connectors/"))) return undefined;
  return `${folder} imports ${allowed.length > 0 ? `only ${allowed.join(", ")}` : "nothing but leaves"}`;
};

/** Circles among imports that exist at run time, each once, beginning with its first file by name. */
const circles = (imports: readonly Import[]): string[] => {
  const next = new Map<string, string[]>();
  for (const { from, to, typeOnly } of imports) if (!typeOnly) next.set(from, [...(next.get(from) ?? []), to]);
  const found = new Set<string>();
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): void => {
    const start = way.indexOf(file);
    if (start >= 0) {
      const circle = way.slice(start);
      const first = circle.indexOf([...circle].sort()[0] ?? file);
      found.add([...circle.slice(first), ...circle.slice(0, first), circle[first]].join(" → "));
      return;
    }
    if (done.has(file)) return;
    for (const each of next.get(file) ?? []) walk(each, [...way, file]);
    done.add(file);
  };
  for (const file of next.keys()) walk(file, []);
  return [...found].sort();
};

/** Every arrow that points the wrong way, one line each: place, what is imported, and the rule. */
export const wrongArrows = (root: string): { files: number; problems: string[] } => {
  const files = ["bin", "connectors", "src"].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.[jt]s$/.test(name))
      .map((name) => path.posix.join(folder, name.replaceAll(path.sep, "/"))),
  );
  const imports = files.flatMap((file) => importsOf(root, file));
  const pointing = imports.flatMap((each) => {
    const why = wrong(each);
    return why ? [`${each.from}:${each.line}: found an import of ${each.to}, expected none: ${why}`] : [];
  });
  return { files: files.length, problems: [...pointing, ...circles(imports).map((circle) => `circle: ${circle}`)] };
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { files, problems } = wrongArrows(path.resolve(import.meta.dirname, ".."));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`Imports of ${files} files point one way, without circles.`);
}
