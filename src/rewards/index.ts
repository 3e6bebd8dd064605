/** The rewards room: who can supply a reward. To add a provider: a file or folder here, and a line in this list. */
import { codePool } from "./code-pool/code-pool.ts";
import { giftbit } from "./giftbit/giftbit.ts";
import { manual } from "./manual/manual.ts";
import { plum } from "./plum/plum.ts";
import { points } from "./points.ts";
import type { Provider, ProviderKind, ProviderSurroundings } from "./provider.ts";
import { tango } from "./tango/tango.ts";
import { tremendous } from "./tremendous/tremendous.ts";

export { importCodes } from "./code-pool/import-codes.ts";
export { poolStock } from "./code-pool/pool-stock.ts";
export { closeTask, forgetTasks, type TaskState, type TaskView, taskOf, taskStates } from "./manual/task.ts";
export { valuesInWords } from "./product-fit.ts";
export type {
  CancelOutcome,
  OrderOutcome,
  OrderRequest,
  Provider,
  ProviderKind,
  ProviderSurroundings,
} from "./provider.ts";

export const providerKinds: readonly ProviderKind[] = [points, codePool, tremendous, plum, tango, giftbit, manual];

/** The kind that `provider: <id>` in accolade.yaml names. */
export const providerKind = (id: string): ProviderKind | undefined => providerKinds.find((kind) => kind.id === id);

export type OpenedProvider =
  | { ok: true; kind: ProviderKind; provider: Provider }
  /** `path` is below the provider's entry in accolade.yaml. The message says what was found and expected, never a value. */
  | { ok: false; problems: { path: string; message: string }[] };

/** Checks `settings` (the provider's entry in accolade.yaml without its `provider:` key) and opens the provider. Calls nobody. */
export const openProvider = (kindId: string, settings: unknown, around: ProviderSurroundings): OpenedProvider => {
  const kind = providerKind(kindId);
  if (!kind) {
    const known = providerKinds.map((each) => each.id).join(", ");
    return { ok: false, problems: [{ path: "provider", message: `Unknown provider: expected one of ${known}` }] };
  }
  const parsed = kind.settings.safeParse(settings);
  if (parsed.success) return { ok: true, kind, provider: kind.open(parsed.data, around) };
  return {
    ok: false,
    problems: parsed.error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message })),
  };
};
