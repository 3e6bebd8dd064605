import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { formatMoney, POINTS } from "../money.ts";
import { Refusal } from "../open-corridor.ts";
import { findPerson } from "../people/find-person.ts";
import { eraseNamed } from "../pipeline/erase-asked.ts";
import { exportPerson } from "../pipeline/export-person.ts";
import { type ImportedPerson, importPeople } from "../pipeline/import-people.ts";
import { listOrphans } from "../pipeline/orphans.ts";
import { listPeople, type ShownPerson, showPerson } from "../pipeline/people-listed.ts";
import { readPeopleCsv } from "../pipeline/read-people-csv.ts";
import { revokeLinks } from "../pipeline/revoke-links.ts";
import { counted } from "./counted.ts";
import { tableText } from "./print-table.ts";
import { withCorridor } from "./with-corridor.ts";

const WHO = "their email address, phone number, id, or CRM key such as hub/user/77";

/** `accolade people`: who can be rewarded, how they are reached, and what they asked of us. */
export const peopleCommand = (): Command =>
  new Command("people")
    .description("who can be rewarded, and how they are reached")
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(orphansCommand())
    .addCommand(importCommand())
    .addCommand(exportCommand())
    .addCommand(eraseCommand())
    .addCommand(revokeCommand());

const listCommand = () =>
  new Command("list")
    .description("everybody who is known, by name")
    .addOption(new Option("--kind <kind>", "only these").choices(["rep", "customer"]))
    .option("--json", "one JSON array instead of a table")
    .action(({ kind, json }: { kind?: "rep" | "customer"; json?: true }) =>
      withCorridor(async ({ database }) => {
        const people = await listPeople(database, { kind, limit: 100_000 });
        if (json) return console.log(JSON.stringify(people, null, 2));
        if (people.length === 0)
          return console.log(
            "Nobody is known yet. People come with the CRM's deals, from people.yaml, or by `accolade people import`.",
          );
        console.log(
          tableText(
            ["name", "kind", "email", "phone", "language", "time zone", "team", "rewards"],
            people.map((each) => [
              each.erased ? "(forgotten)" : (each.name ?? each.keys[0] ?? each.id),
              each.kind,
              each.email,
              each.phone,
              each.language,
              each.timeZone,
              each.team,
              each.grants,
            ]),
          ),
        );
      }),
    );

const showCommand = () =>
  new Command("show")
    .description("one person: what is known, and from where; what they asked for")
    .argument("<who>", WHO)
    .option("--json", "the same as JSON")
    .action((who: string, { json }: { json?: true }) =>
      withCorridor(async ({ corridor }) => {
        const shown = await showPerson(corridor, who);
        if (!shown.ok) throw new Refusal([`accolade people show: ${shown.problem}`]);
        if (json) return console.log(JSON.stringify(shown.person, null, 2));
        for (const line of linesOf(shown.person)) console.log(line);
      }),
    );

const linesOf = (person: ShownPerson): string[] => [
  person.erased ? "Asked to be forgotten" : (person.name ?? "No name is known"),
  `  ${person.kind}, id ${person.id}${person.keys.length > 0 ? `, in CRMs ${person.keys.join(", ")}` : ""}`,
  ...(person.manager ? [`  manager: ${person.manager}`] : []),
  ...person.words.map(
    ({ field, value, source, counts }) => `  ${counts ? "" : "  not used: "}${field} ${value} (${sourceWords(source)})`,
  ),
  `  quiet hours: ${person.quietHours ?? "the workspace's"}; first channel: ${person.preferredChannel ?? "as rules say"}${person.private ? "; private mode" : ""}`,
  ...person.consents.map(
    ({ channel, category, status, source, at, until }) =>
      `  ${at.slice(0, 10)} ${statusWords[status]} ${channel === "all" ? "all channels" : channel}${category === "all" ? "" : ` for ${category}`} (${source})${until === null ? "" : `, until ${until.slice(0, 10)}`}`,
  ),
  `  ${counted(person.grants, "reward")}, ${formatMoney({ minor: person.points, currency: POINTS })}${person.devices > 0 ? `, ${counted(person.devices, "device")}` : ""}`,
];

const statusWords = { in: "agreed to", out: "left", works: "heard from by", fails: "a message failed by" } as const;

const sourceWords = (source: string) =>
  source === "own" ? "their own word" : source === "import" ? "imported" : source;

const orphansCommand = () =>
  new Command("orphans")
    .description("owners and contacts whom rules reward, and who cannot be told: why, and what to do")
    .option("--json", "one JSON array instead of lines")
    .action(({ json }: { json?: true }) =>
      withCorridor(async ({ corridor }) => {
        if (!corridor.rules.loaded()) throw new Refusal(["No rules were loaded yet: start the server once."]);
        const orphans = await listOrphans(corridor);
        if (json) return console.log(JSON.stringify(orphans, null, 2));
        if (orphans.length === 0) return console.log("Everybody whom rules reward can be told.");
        for (const { what, key, name, records, rules, reason, words, todo } of orphans) {
          const of =
            what === "recipient" || reason === "bad_phone" ? counted(records, "reward") : counted(records, "deal");
          console.log(
            `${name ?? key}${name ? ` (${key})` : ""}: ${words}. ${of}, ${rules.length === 1 ? "rule" : "rules"} ${rules.join(", ")}`,
          );
          console.log(`  → ${todo}`);
        }
      }),
    );

const importCommand = () =>
  new Command("import")
    .description("take people in from a CSV file; the same file again changes nothing")
    .argument(
      "<file>",
      "CSV with the header name,email[,first_name][,phone][,language][,time_zone][,team][,manager][,agreed][,crm:<connection>]",
    )
    .option("--check", "only say what it would change")
    .action(async (file: string, { check = false }: { check?: boolean }) => {
      if (!existsSync(file)) throw new Refusal([`${file}: found no such file, expected a CSV file of people`]);
      const csv = await readFile(file, "utf8");
      await withCorridor(async ({ corridor }) => {
        const { people, problems } = readPeopleCsv(csv, new Set(corridor.connections.keys()));
        for (const { line, column, found, expected } of problems)
          console.error(`${file}:${line}:${column}: found ${found}, expected ${expected}`);
        const done = await importPeople(corridor, people, { check });
        for (const line of done.people.flatMap(importedLines)) console.log(line);
        const fresh = done.people.filter(({ isNew }) => isNew).length;
        const changed = done.people.filter(
          ({ isNew, changes, agreed }) => !isNew && changes.length + agreed.length > 0,
        ).length;
        const left = new Set(problems.map(({ line }) => line)).size;
        console.log(
          `${check ? "Checked, nothing written: " : ""}${fresh} new, ${changed} changed, ${done.people.length - fresh - changed} as before, ${counted(left, "line")} left out${done.forgotten > 0 ? `, ${done.forgotten} who asked to be forgotten` : ""}.`,
        );
        if (problems.length > 0) process.exitCode = 1;
      });
    });

const importedLines = ({ name, email, isNew, changes, agreed, kept }: ImportedPerson): string[] => {
  const lines = [
    ...(isNew ? [`${name} <${email}>: new`] : []),
    ...(isNew
      ? []
      : changes.map(({ field, from, to }) => `${name} <${email}>: ${field} ${from ?? "unknown"} → ${to ?? "unknown"}`)),
    ...agreed.map((channel) => `${name} <${email}>: agreed to ${channel}`),
    ...kept.map(({ field, value, source }) => `${name} <${email}>: ${field} stays ${value} (${sourceWords(source)})`),
  ];
  return lines;
};

const exportCommand = () =>
  new Command("export")
    .description("everything that is held of one person, as JSON: for who asks for their data")
    .argument("<who>", WHO)
    .action((who: string) =>
      withCorridor(async ({ corridor, database }) => {
        const found = await findPerson(database, who);
        if (!found.ok) throw new Refusal([`accolade people export: ${found.problem}`]);
        console.log(JSON.stringify(await exportPerson(corridor, found.person.id), null, 2));
      }),
    );

const eraseCommand = () =>
  new Command("erase")
    .description("forget one person for ever; money rows stay without them, and their address is not written to again")
    .argument("<who>", WHO)
    .requiredOption("--yes", "it cannot be undone")
    .action((who: string) =>
      withCorridor(async ({ corridor }) => {
        const erased = await eraseNamed(corridor, who);
        if (!erased.ok) throw new Refusal([`accolade people erase: ${erased.problem}`]);
        console.log(`Forgotten: ${erased.recipient}. Take them out of people.yaml, too, if they are in it.`);
      }),
    );

const revokeCommand = () =>
  new Command("revoke")
    .description("make every link that one person ever got stop working; the next message carries new ones")
    .argument("<who>", WHO)
    .action((who: string) =>
      withCorridor(async ({ database }) => {
        const revoked = await revokeLinks(database, who);
        if (!revoked.ok) throw new Refusal([`accolade people revoke: ${revoked.problem}`]);
        console.log(`The links of ${revoked.recipient} no longer work.`);
      }),
    );
