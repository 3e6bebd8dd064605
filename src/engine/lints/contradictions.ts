import { anything, isEmpty, isWithin, meet } from "./domain.ts";
import type { LineToLint, Lint, RuleToLint } from "./lint.ts";
import { type Domains, given, narrow, pathKey } from "./rule-domains.ts";

/** Lines that can never hold together, and lines that another one, or the milestone, makes needless. */
export const contradictions: Lint = ({ rules }) => {
  for (const each of rules) if (!warnOfNever(each)) warnOfNeedless(each);
};

/** True where the rule can never match. */
const warnOfNever = ({ rule, lines }: RuleToLint): boolean => {
  const before = given(rule);
  let domains: Domains = before;
  for (const [index, line] of lines.entries()) {
    domains = narrow(domains, [line]);
    const empty = line.atoms.find((atom) => isEmpty(domains.get(pathKey(atom)) ?? anything));
    if (!empty) {
      if (line.text.trim() !== "false") continue;
      line.spot.warning("`false`, which never holds", "a condition that can hold, or `mode: shadow`");
      return true;
    }
    const key = pathKey(empty);
    const alone = narrow(before, [line]).get(key) ?? anything;
    const earlier = lines.slice(0, index).filter(({ atoms }) => atoms.some((atom) => pathKey(atom) === key));
    const found = `\`${line.text}\`, which never holds`;
    if (isEmpty(narrow(new Map(), [line]).get(key) ?? anything) || earlier.length === 0 || isEmpty(alone)) {
      const why = before.has(key) && !isEmpty(narrow(new Map(), [line]).get(key) ?? anything);
      line.spot.warning(
        found,
        why ? `another condition: with \`on: ${rule.on}\` it is always otherwise` : "a condition that some value meets",
      );
    } else {
      line.spot.warning(
        `${found} together with ${earlier.map(({ text }) => `\`${text}\``).join(" and ")}`,
        "lines that can all hold at once: all of them must",
      );
    }
    return true;
  }
  return false;
};

const warnOfNeedless = ({ rule, lines }: RuleToLint): void => {
  const before = given(rule);
  const kept = new Set<LineToLint>(lines);
  for (const line of lines) {
    const isSure = (domains: Domains) =>
      line.whole &&
      line.atoms.every((atom) => {
        const domain = domains.get(pathKey(atom));
        return domain !== undefined && isWithin(domain, meet(anything, atom));
      });
    const others = [...kept].filter((other) => other !== line);
    if (isSure(before)) {
      line.spot.warning(`\`${line.text}\`, which always holds with \`on: ${rule.on}\``, "no such line");
    } else if (isSure(narrow(before, others))) {
      const implying = others.filter(({ atoms }) =>
        atoms.some((atom) => line.atoms.some((own) => pathKey(own) === pathKey(atom))),
      );
      line.spot.warning(
        `\`${line.text}\`, which holds whenever ${implying.map(({ text }) => `\`${text}\``).join(" and ")} does`,
        "no such line",
      );
    } else if (!line.whole && others.some(({ text }) => text === line.text)) {
      line.spot.warning(`\`${line.text}\` again`, "each line once");
    } else continue;
    kept.delete(line);
  }
};
