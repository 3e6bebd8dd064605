/** Reads the few instructions that our Dockerfile uses, so that a test can follow them without a Docker engine. */

export interface Stage {
  name: string | undefined;
  image: string;
  /** In order. `WORKDIR`, `USER`, `EXPOSE`, `VOLUME` and `HEALTHCHECK` are facts about the image, not steps. */
  steps: ({ run: string } | { copy: string[]; from: string | undefined; to: string })[];
  env: Record<string, string>;
  /** The folder in which each step and the command run; the last one counts. */
  workdir: string;
  user: string | undefined;
  healthcheck: string[] | undefined;
  command: string[] | undefined;
}

/** Throws for an instruction that it does not know: then the test does not know what the image does. */
export const readDockerfile = (text: string): Stage[] => {
  const stages: Stage[] = [];
  for (const line of text.replace(/\\\n/g, " ").split("\n")) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, word = "", rest = ""] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    const stage = stages.at(-1);
    if (word === "FROM") {
      const [, image = "", name] = /^(\S+)(?:\s+AS\s+(\S+))?$/.exec(rest) ?? [];
      const fresh = { env: {}, workdir: "/", user: undefined, healthcheck: undefined, command: undefined };
      stages.push({ name, image, steps: [], ...fresh });
    } else if (!stage) throw new Error(`before the first FROM: ${line}`);
    else if (word === "RUN") stage.steps.push({ run: rest.replace(/--mount=\S+\s+/g, "") });
    else if (word === "COPY") {
      const words = rest.split(/\s+/);
      const from = words[0]?.startsWith("--from=") ? words.shift()?.slice("--from=".length) : undefined;
      stage.steps.push({ copy: words.slice(0, -1), from, to: words.at(-1) ?? "" });
    } else if (word === "ENV") {
      const [, name = "", value = ""] = /^(\w+)=(.*)$/.exec(rest) ?? [];
      stage.env[name] = value;
    } else if (word === "WORKDIR") stage.workdir = rest;
    else if (word === "USER") stage.user = rest;
    else if (word === "HEALTHCHECK") stage.healthcheck = JSON.parse(rest.slice(rest.indexOf("CMD ") + 4));
    else if (word === "CMD") stage.command = JSON.parse(rest);
    else if (word !== "EXPOSE" && word !== "VOLUME") throw new Error(`an instruction that is not known here: ${line}`);
  }
  return stages;
};
