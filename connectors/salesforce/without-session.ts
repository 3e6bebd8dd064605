import { readEnvelope } from "./envelope.ts";

const sessionElement = /<((?:[^\s<>/:]+:)?SessionId)(\s(?:[^>]*[^>/])?)?>[\s\S]*?<\/\1\s*>/g;

/**
 * The message with the content of its `SessionId` removed: whoever holds one can call the org as that user.
 * Null where it could not be removed, so that the message must not be stored.
 */
export const withoutSession = (xml: string): string | null => {
  const cleaned = xml.replace(sessionElement, (_, name: string, attributes = "") => `<${name}${attributes}></${name}>`);
  const envelope = readEnvelope(cleaned);
  return "problem" in envelope || envelope.carriesSession ? null : cleaned;
};
