/** The templates that a WhatsApp sender has registered, against the words that we fill into them. */
import { z } from "zod";
import type { Check } from "../outcome.ts";

/** What accolade.yaml may say of each registered template, whoever carries it. */
export const registered = {
  category: z
    .enum(["utility", "marketing"])
    .default("utility")
    .describe(
      "As Meta approved it. Marketing is not delivered to numbers in the United States and Canada: the next channel is used",
    ),
  variables: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe("What its variables hold, {{1}} first, as in `whatsapp.variables` of our words: checked at start"),
};

/** By template of ours and language. */
export type Registry = Readonly<Record<string, Readonly<Record<string, { variables?: string[] | undefined }>>>>;
/** By template of ours and language: what our words put into its variables, `{opening}` without its braces. */
export type RegisteredWords = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** Every registered template whose variables are others than those of the words in its language. */
export const registryProblems = (registry: Registry, words: RegisteredWords): { path: string; message: string }[] =>
  Object.entries(registry).flatMap(([kind, languages]) =>
    Object.entries(languages).flatMap(([language, { variables }]) => {
      const filled = words.get(kind)?.get(language);
      if (!filled || !variables || variables.join() === filled.join()) return [];
      return [
        {
          path: `templates.${kind}.${language}.variables`,
          message: `found ${variables.join(", ")}; expected ${filled.join(", ")}, as in templates/${kind}/${language}.yaml`,
        },
      ];
    }),
  );

/** One line of doctor: kinds of message that have words in a language, and no registered template for it. */
export const registryCheck = (registry: Registry, words: RegisteredWords): Check => {
  const what = "WhatsApp templates";
  const missing = [...words].flatMap(([kind, languages]) =>
    [...languages.keys()].filter((language) => !registry[kind]?.[language]).map((language) => `${kind} in ${language}`),
  );
  if (missing.length === 0) return { ok: true, what, detail: Object.keys(registry).join(", ") };
  // other kinds are told over the next channel; without this one the channel says nothing in that language
  const needed = missing.filter((each) => each.startsWith("reward "));
  if (needed.length === 0) return { ok: true, what, detail: `told over the next channel: ${missing.join(", ")}` };
  return {
    ok: false,
    what,
    found: `none for ${needed.join(", ")}`,
    todo: "have the text of docs/channels.md approved in that language and enter it under templates",
  };
};

/** Whether Meta delivers a template of this category to this number: since 2025-04-01 no marketing to +1. */
export const isDelivered = (category: "utility" | "marketing", to: string): boolean =>
  category === "utility" || !to.startsWith("+1");
