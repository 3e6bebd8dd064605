// Jest sees TypeScript the way Node.js runs it: types stripped in place, so lines and columns stay true.
import { createHash } from "node:crypto";
import { stripTypeScriptTypes } from "node:module";

process.removeAllListeners("warning");
export default {
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
  getCacheKey: (source, path) => createHash("sha256").update(process.version).update(path).update(source).digest("hex"),
};
