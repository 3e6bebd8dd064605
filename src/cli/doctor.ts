import { Command } from "commander";
import { sectionText } from "./doctor-line.ts";

/** `accolade doctor`: looks at everything, changes nothing, and says what to do about each failure. */
export const doctorCommand = (): Command =>
  new Command("doctor")
    .description("check configuration, secrets, database, queue, rules, CRMs, rewards and channels; say what to mend")
    .option("--json", "the same as JSON")
    .action(async (options: { json?: true }) => {
      const print = options.json ? () => {} : (text: string) => console.log(text);
      // its parts are loaded only here: other commands need none of them
      const { examine } = await import("./doctor-examine.ts");
      const { sections, steps } = await examine((section) => print(sectionText(section)));
      const wrong = sections.flatMap(({ lines }) => lines).filter(({ status }) => status === "bad").length;
      if (options.json) console.log(JSON.stringify({ ok: wrong === 0, sections, setUp: steps }, null, 2));
      for (const { connection, label, lines } of steps)
        print(`Enter this in ${label} (${connection})\n${lines.map((line) => `  ${line}`).join("\n")}\n`);
      print(wrong === 0 ? "All is well." : `${wrong} to mend, marked with !! above.`);
      // a vendor that never answered would hold the process until its own time is over
      await new Promise<void>((written) => process.stdout.write("", () => written()));
      process.exit(wrong === 0 ? 0 : 1);
    });
