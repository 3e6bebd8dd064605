/** Files that an admin hands over: the configuration, people, costs, codes, and exports of a CRM. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { parse } from "yaml";
import { unpackEvent } from "../../connectors/webhook/unpack-event.ts";
import { readConfigFile } from "../../src/config-file.ts";
import { readCsv } from "../../src/history/read-csv.ts";
import { readJsonl } from "../../src/history/read-jsonl.ts";
import type { ReadPosted } from "../../src/history/told.ts";
import { packageRoot } from "../../src/package-root.ts";
import { PeopleFile } from "../../src/people/people-file.ts";
import { readCosts } from "../../src/pipeline/read-costs.ts";
import { readPeopleCsv } from "../../src/pipeline/read-people-csv.ts";
import { readCodes } from "../../src/rewards/code-pool/read-codes.ts";
import { readYaml } from "../../src/yaml/yaml-source.ts";
import { must, soundMoment, unpolluted } from "../sound.ts";
import type { Target } from "../target.ts";

const file = (name: string) => readFileSync(path.join(packageRoot, name));
const text = (input: Buffer) => input.toString("utf8");

const readPosted: ReadPosted = (item) => {
  const told = unpackEvent(item, "");
  return "bad" in told ? told : { event: { ...told.event, facts: told.event.facts } };
};

const configuration: Target = {
  name: "accolade.yaml",
  samples: [file("docs/accolade.example.yaml"), file("sandbox/accolade.yaml")],
  shape: "yaml",
  read(input) {
    const read = readConfigFile("accolade.yaml", text(input), (name) =>
      name.includes("BASE64") ? undefined : "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    );
    if (!read.ok) must(read.problems.length > 0, "refused without a problem");
    const said = read.ok ? "" : JSON.stringify(read.problems);
    must(!said.includes("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "a secret stands in a problem");
    unpolluted();
  },
};

const people: Target = {
  name: "people.yaml",
  samples: [file("sandbox/people.yaml")],
  shape: "yaml",
  read(input) {
    const findings = { problems: [], warnings: [] };
    const spot = readYaml({ file: "people.yaml", text: text(input) }, findings);
    const read = spot && PeopleFile.safeParse(spot.value);
    for (const issue of read?.error?.issues ?? []) spot?.descendant(issue.path).problem("this", issue.message);
    must(read?.success === true || findings.problems.length > 0, "refused without a problem");
    // YAML that we take means to others what it means to us
    if (read?.success) parse(text(input), { stringKeys: true });
    unpolluted();
  },
};

const csv = (...lines: string[]) => Buffer.from(`${lines.join("\n")}\n`);

const peopleCsv: Target = {
  name: "people.csv",
  samples: [
    csv(
      "name,email,phone,language,time_zone,team,manager,crm:hub",
      "Giulia Bianchi,giulia@acme.example,+39 347 123 4567,it,Europe/Rome,EMEA,,77",
      '"Tom, of Sales",tom@acme.example,,en,America/New_York,"The ""A"" team",giulia@acme.example,78',
    ),
  ],
  shape: "lines",
  read(input) {
    const { people: found, problems } = readPeopleCsv(text(input), new Set(["hub"]));
    must(
      found.every(({ email }) => email.includes("@")),
      "a person without an address",
    );
    for (const { line, column } of problems) must(line >= 1 && column >= 1, "a problem without its place");
  },
};

const costsCsv: Target = {
  name: "costs.csv",
  samples: [
    csv(
      "id,kind,amount,currency,from,until,campaign,team,owner,note",
      "1,marketing,12000.50,EUR,2026-01-01,2026-02-01,fair,,,Stand",
      "2,sales,800,USD,2026-01-01,2026-04-01,,EMEA,,",
    ),
    csv("kind;amount;currency;from;until", "marketing;1200,50;EUR;2026-01-01;2026-02-01"),
  ],
  shape: "lines",
  read(input) {
    const { costs } = readCosts(text(input));
    for (const { amount } of costs as unknown as { amount: unknown }[])
      must(typeof amount !== "number" || Number.isFinite(amount), "a cost that is no finite number");
  },
};

const codesCsv: Target = {
  name: "codes.csv",
  samples: [
    csv("code,pin,url,expires_on", "XMAS-7KQ2-9FWD,1234,https://shop.example/x,2027-01-31", '"A,B",,,', "C-3,,,"),
  ],
  shape: "lines",
  async read(input) {
    const chunks = async function* () {
      yield text(input);
    };
    for await (const { codes } of readCodes(chunks(), "2026-11-23", 50))
      must(
        codes.every(({ code }) => code.trim() !== ""),
        "a code without a letter",
      );
  },
};

const options = {
  map: { columns: {}, stages: {}, dates: "dmy" as const, decimal: "point" as const },
  timeZone: "Europe/Rome",
  userOf: (name: string) => name,
  read: readPosted,
};

const history: Target = {
  name: "history.csv",
  samples: [
    csv(
      "Record ID,Deal Name,Amount,Currency,Deal Stage,Deal owner,Create Date,Close Date",
      '1,Rossi,"62,000.00",EUR,Closed Won,Giulia Bianchi,2026-07-02 10:00,2026-08-03 10:00',
      "2,Verdi,48000,EUR,Closed Lost,marco@acme.example,2026-07-02 10:00,2026-08-04 10:00",
    ),
    csv("kind,id,at,field,value", "deal,7,2026-07-03T10:12:00Z,amount,62000", "deal,7,03/07/2026 10:12,status,won"),
  ],
  shape: "lines",
  async read(input) {
    for await (const told of readCsv(Readable.from([input]), options)) {
      if (!Array.isArray(told)) continue;
      for (const { occurredAt, facts } of told) {
        soundMoment(new Date(occurredAt));
        for (const { at } of facts) soundMoment(new Date(at));
      }
    }
    unpolluted();
  },
};

const events: Target = {
  name: "history.jsonl",
  samples: [
    Buffer.from(
      `${JSON.stringify({ type: "deal.won", subject: { kind: "deal", id: "7" }, occurredAt: "2026-07-03T10:12:00Z", record: { name: "Rossi", amount: 62_000, owner: "77" } })}\n`.repeat(
        3,
      ),
    ),
  ],
  shape: "json",
  async read(input) {
    for await (const told of readJsonl(Readable.from([input]), readPosted))
      if (Array.isArray(told)) for (const { occurredAt } of told) soundMoment(new Date(occurredAt));
    unpolluted();
  },
};

export const fileTargets: readonly Target[] = [configuration, people, peopleCsv, costsCsv, codesCsv, history, events];
