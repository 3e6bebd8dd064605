import { writeFile } from "node:fs/promises";
import type { Fault } from "../fault.ts";
import { ruleFile, rulesOf } from "../stage/files.ts";

/** The rules change while deals come in, back and forth, with a broken file in between, below two servers that read them. */
export const twoRules: Fault = {
  id: "two-rules",
  breaks: "two versions of the rules, and a broken one, are loaded in turn by two servers",
  needs: { servers: ["ingress,decide,deliver,console", "ingress,decide,deliver,console"] },
  async strike({ random, folder, servers, pause, note }) {
    let edition = 1;
    do {
      if (random.chance(0.2)) await writeFile(ruleFile(folder), "rules: [ { id: broken");
      else {
        edition = 3 - edition;
        await writeFile(ruleFile(folder), rulesOf(edition));
      }
      note(`rules: edition ${edition}`);
      if (random.chance(0.2)) {
        const server = random.pick(servers as [(typeof servers)[number]]);
        await server.end("SIGKILL");
        note(`${server.name} killed`);
        await server.start();
      }
    } while (await pause(100, 500));
    await writeFile(ruleFile(folder), rulesOf(1));
  },
};
