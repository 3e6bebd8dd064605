import type { Config } from "../config.ts";
import type { Database } from "../db/sql.ts";
import { type EndpointStanding, listEndpoints } from "../pipeline/tell-endpoints.ts";
import { publicAddress } from "../public-address.ts";
import { counted } from "./counted.ts";
import { bad, type Line, ok, skipped } from "./doctor-line.ts";

/** Whether what happens here reaches those who are told: the address of each, and what became of the calls. Sends nothing. */
export const checkWebhooks = async ({ webhooks }: Config, database: Database | null): Promise<Line[]> => {
  if (webhooks.size === 0) return [];
  const standing = new Map(database ? (await listEndpoints({ database })).map((each) => [each.id, each]) : []);
  return Promise.all(
    [...webhooks.values()].map(async ({ id, url, allowPrivate }) => {
      const address = await publicAddress(url, { allowPrivate });
      if (!("ok" in address))
        return bad(
          `webhook ${id}`,
          address.refused,
          "Mend its url: in accolade.yaml; docs/webhooks-out.md says what is refused.",
        );
      return lineOf(id, standing.get(id));
    }),
  );
};

const lineOf = (id: string, standing: EndpointStanding | undefined): Line => {
  const what = `webhook ${id}`;
  if (!standing) return skipped(what, "no server has started with it yet");
  const { state, waiting, failed, lastFailure } = standing;
  const found = `${state}; ${counted(waiting, "event")} waiting, ${failed} given up${lastFailure ? `; last failure: ${lastFailure}` : ""}`;
  if (state === "disabled") return bad(what, found, `Take it out of accolade.yaml, or: accolade webhooks enable ${id}`);
  if (state === "paused") return bad(what, found, `Mend it, then: accolade webhooks test ${id}`);
  if (failed > 0) return bad(what, found, `accolade webhooks log --failed --endpoint ${id}, then replay them`);
  return ok(what, found);
};
