import { Command } from "commander";
import { wallLanguages } from "../http/wall-texts.ts";
import { Refusal } from "../open-corridor.ts";
import { listWallLinks, makeWallLink, revokeWallLink } from "../pipeline/wall-links.ts";
import { tableText } from "./print-table.ts";
import { whoRunsThis } from "./who.ts";
import { withCorridor } from "./with-corridor.ts";

/** `accolade wall link | list | revoke`: links to the page for a television in the office. */
export const wallCommand = (): Command =>
  new Command("wall")
    .description("links to the wall, the page for a television that celebrates rewards as they happen")
    .addCommand(
      new Command("link")
        .description("make a link; it is shown once, and works until it is revoked")
        .option("--team <name>", "only this team's rewards; left out: everybody's")
        .option("--language <code>", `${wallLanguages.join(" or ")}; left out: the workspace's`)
        .action(({ team, language }: { team?: string; language?: string }) =>
          withCorridor(async ({ database, corridor }) => {
            const spoken = language ?? corridor.workspace.language;
            if (!wallLanguages.some((each) => each === spoken))
              throw new Refusal([`--language: found \`${spoken}\`, expected ${wallLanguages.join(" or ")}`]);
            const known = await database.row("select from recipients where team = $1 limit 1", [team ?? null]);
            const { id, token } = await makeWallLink(database, corridor.sealer, {
              ...{ team: team ?? null, language: spoken, by: whoRunsThis(), at: corridor.now() },
            });
            console.log(`${corridor.publicUrl}/wall/${token}`);
            console.log(
              `Open it on the television. Whoever has the link can look, so treat it like a key. \`accolade wall revoke ${id}\` ends it.`,
            );
            if (team && !known)
              console.log(`Nobody is in a team called ${team} yet: nothing will be shown until then.`);
          }),
        ),
    )
    .addCommand(
      new Command("list").description("show the links that were made").action(() =>
        withCorridor(async ({ database }) => {
          const links = await listWallLinks(database);
          if (links.length === 0) return console.log("No link yet. Make one: accolade wall link");
          const day = (at: Date | null) => at?.toISOString().slice(0, 10) ?? null;
          const rows = links.map(({ id, team, language, madeAt, madeBy, revokedAt }) => [
            ...[id, team ?? "everybody", language, day(madeAt), madeBy, day(revokedAt)],
          ]);
          console.log(tableText(["id", "team", "language", "made", "by", "revoked"], rows));
        }),
      ),
    )
    .addCommand(
      new Command("revoke")
        .description("end a link: walls that show it stop within 15 seconds")
        .argument("<id>", "as `accolade wall list` shows it")
        .action((id: string) =>
          withCorridor(async ({ database, corridor }) => {
            const revoked =
              /^\d{1,9}$/.test(id) &&
              (await revokeWallLink(database, { id: Number(id), by: whoRunsThis(), at: corridor.now() }));
            if (!revoked)
              throw new Refusal([`accolade wall revoke: found no working link ${id}; accolade wall list shows them`]);
            console.log(`Revoked: link ${id}.`);
          }),
        ),
    );
