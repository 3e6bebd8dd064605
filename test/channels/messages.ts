/** Messages as the corridor would ask for them, and the real templates, for the tests of what is said. */
import {
  createRenderer,
  loadTemplates,
  type NoticeMessage,
  type Renderer,
  type RewardMessage,
} from "../../src/channels/index.ts";

export const claimUrl = "https://accolade.example/me/eyJhbGciOi.3kTMd0vR8mYhQ2zP4sLwX9bN7cVfG1aH";

/** The example of the house style: Giulia and the Rossi deal. */
export const rossi: RewardMessage = {
  firstName: "Giulia",
  what: {
    kind: "deal.won",
    subjectName: "Rossi",
    isRecipient: false,
    amount: { value: 62_000, currency: "EUR" },
    cycleDays: 41,
  },
  ruleTitle: { en: "Enterprise deal won", it: "Grande trattativa vinta" },
  rewardTitle: null,
  value: { minor: 10_000, currency: "EUR" },
  claimUrl,
  workspaceName: "Example Srl",
  expiresOn: "2027-03-31",
};

/** Giulia's reward was not approved. */
export const notice: NoticeMessage = {
  ...rossi,
  given: "The discount was above 30% without an agreement.",
  disputableUntil: "2026-12-19",
  reversal: null,
  sum: null,
};

/** The same message about something else. */
export const about = (what: Partial<RewardMessage["what"]>, rest: Partial<RewardMessage> = {}): RewardMessage => ({
  ...rossi,
  ...rest,
  what: { ...rossi.what, ...what },
});

/** The templates that ship, as a workspace of this language uses them. */
export const shippedRenderer = async (workspaceLanguage = "en"): Promise<Renderer> => {
  const loaded = await loadTemplates("templates", process.env.ACCOLADE_TEST_LAYOUTS);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 2));
  return createRenderer(loaded.templates, workspaceLanguage);
};
