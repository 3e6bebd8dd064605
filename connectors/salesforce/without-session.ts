import { readEnvelope } from "./envelope.ts";

// both end at the next `<`, so that a text full of beginnings is read once, and not once for each of them
const opening = /<((?:[^\s<>/:]+:)?SessionId)(\s[^<>]*)?>/g;
const closing = /<\/((?:[^\s<>/:]+:)?SessionId)\s*>/g;

/**
 * The message with the content of its `SessionId` removed: whoever holds one can call the org as that user.
 * Null where it could not be removed, so that the message must not be stored.
 */
export const withoutSession = (xml: string): string | null => {
  let cleaned = "";
  let done = 0;
  for (;;) {
    opening.lastIndex = done;
    const open = opening.exec(xml);
    if (!open) break;
    const [tag, name = "", attributes = ""] = open;
    const inside = open.index + tag.length;
    if (attributes.endsWith("/")) {
      cleaned += xml.slice(done, inside);
      done = inside;
      continue;
    }
    closing.lastIndex = inside;
    const close = closing.exec(xml);
    if (!close) break;
    if (close[1] !== name) return null;
    cleaned += `${xml.slice(done, inside)}</${name}>`;
    done = close.index + close[0].length;
  }
  cleaned += xml.slice(done);
  const envelope = readEnvelope(cleaned);
  return "problem" in envelope || envelope.carriesSession ? null : cleaned;
};
