import type { Client } from "@hubspot/api-client";
import type { ZodType } from "zod";
import type { Surroundings } from "../connector.ts";
import { type Answer, failureOf, isFailure } from "./failure.ts";
import { within } from "./patience.ts";
import { rollingLimit, type Turn } from "./rolling-limit.ts";
import type { Settings } from "./settings.ts";
import { type Access, tokensOf } from "./tokens.ts";

/** HubSpot's API for one connection: inside the limits, with a valid token, and with every refusal as a value. */
export interface Api {
  /** `what`: the call in words, for people. The answer is parsed by `shape` before anybody trusts it. */
  call<T>(what: string, ask: (client: Client) => Promise<unknown>, shape: ZodType<T>): Promise<Answer<T>>;
  access(): Promise<Answer<Access>>;
}

/** Reading and writing of one connection keep within one limit. */
const turns = new WeakMap<Settings, Turn>();

/** Null where the settings hold no token. */
export const apiOf = (settings: Settings, around: Surroundings): Api | null => {
  const turn = turns.get(settings) ?? rollingLimit(settings.limits.requestsPer10Seconds, 10_000);
  turns.set(settings, turn);
  const tokens = tokensOf(settings, around, turn);
  if (tokens === null) return null;
  const timeoutMs = settings.limits.timeoutSeconds * 1000;

  const once = async <T>(
    accessToken: string,
    what: string,
    ask: (client: Client) => Promise<unknown>,
    shape: ZodType<T>,
  ): Promise<Answer<T>> => {
    try {
      await turn();
      // 0 attempts of its own: the package's retries ignore Retry-After and write to the console.
      const { Client } = await import("@hubspot/api-client");
      const client = new Client({ accessToken, basePath: settings.apiBase, numberOfApiCallRetries: 0 });
      return { value: shape.parse(await within(timeoutMs, ask(client))) };
    } catch (thrown) {
      return failureOf(what, thrown, around.now());
    }
  };

  return {
    access: () => tokens.token(),
    call: async (what, ask, shape) => {
      const first = await tokens.token();
      if (isFailure(first)) return first;
      const { accessToken } = first.value;
      const answer = await once(accessToken, what, ask, shape);
      if (!isFailure(answer) || answer.status !== 401) return answer;
      const second = await tokens.token(accessToken);
      return isFailure(second) ? second : once(second.value.accessToken, what, ask, shape);
    },
  };
};
