import { z } from "zod";
import type { Api } from "./api.ts";
import { type Answer, isFailure } from "./failure.ts";
import type { DealStatus, Settings } from "./settings.ts";

export interface Stage {
  label: string;
  status: DealStatus;
}
/** What every known deal stage means, by id. */
export type Stages = ReadonlyMap<string, Stage>;

const Pipelines = z.object({
  results: z.array(
    z.object({
      stages: z.array(
        z.object({ id: z.string(), label: z.string(), metadata: z.record(z.string(), z.string()).catch({}) }),
      ),
    }),
  ),
});

const keepMs = 5 * 60_000;

/** HubSpot keeps these as text: `{"isClosed": "true", "probability": "1.0"}`. Won is closed with certainty. */
const statusOf = (metadata: Record<string, string>): DealStatus => {
  if (metadata.isClosed !== "true") return "open";
  return Number(metadata.probability) === 1 ? "won" : "lost";
};

/**
 * The account's deal stages, asked for at most every five minutes, and once more when a stage appears that was not there.
 * The settings' `stages:` have the last word.
 */
export const stagesOf = (api: Api, settings: Settings, now: () => Date) => {
  let read: { at: number; stages: Stages; unknown: Set<string> } | undefined;

  const load = async (wanted: string[]): Promise<Answer<Stages>> => {
    const answer = await api.call(
      "reading deal pipelines",
      (c) => c.crm.pipelines.pipelinesApi.getAll("deals"),
      Pipelines,
    );
    if (isFailure(answer)) return answer;
    const stages = new Map<string, Stage>();
    for (const { id, label, metadata } of answer.value.results.flatMap((pipeline) => pipeline.stages))
      stages.set(id, { label, status: settings.stages[id] ?? statusOf(metadata) });
    for (const [id, status] of Object.entries(settings.stages)) {
      if (!stages.has(id)) stages.set(id, { label: id, status });
    }
    read = { at: now().getTime(), stages, unknown: new Set(wanted.filter((id) => !stages.has(id))) };
    return { value: stages };
  };

  return async (wanted: string[]): Promise<Answer<Stages>> => {
    const fresh = read !== undefined && now().getTime() - read.at < keepMs;
    if (read === undefined || !fresh) return load(wanted);
    const { stages, unknown } = read;
    return wanted.every((id) => stages.has(id) || unknown.has(id)) ? { value: stages } : load([...unknown, ...wanted]);
  };
};
