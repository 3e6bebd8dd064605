/** The README and the pages of docs/, taken apart: fenced blocks, code in the text, links, headings. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { packageRoot } from "../../src/package-root.ts";

export interface Block {
  /** What stands behind the fence: `yaml`, `sh`, `yaml mistake`, or nothing. */
  kind: string;
  text: string;
  /** Line of its first line of text, counted from 1. */
  line: number;
}

export interface Page {
  /** From the root: `docs/channels.md`. */
  file: string;
  blocks: Block[];
  /** Code within the text, on one line: `accolade doctor`. */
  spans: { text: string; line: number }[];
  /** Targets of links and pictures. */
  links: { target: string; line: number }[];
  /** What a link may name behind `#`. */
  anchors: Set<string>;
}

const lineAt = (text: string, index: number) => text.slice(0, index).split("\n").length;

/** As GitHub makes them: small letters, without punctuation, dashes for spaces. */
const anchorOf = (heading: string) =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-");

/** Throws for a fence that is never closed: everything behind it would go unchecked. */
export const takeApart = (file: string, text: string): Page => {
  const blocks: Block[] = [];
  const rest: string[] = [];
  let open: { fence: string; indent: string; block: Block } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const fence = /^( *)(`{3,}|~{3,})([^`]*)$/.exec(line);
    if (open) {
      if (fence?.[2]?.startsWith(open.fence) && fence[3]?.trim() === "") {
        blocks.push(open.block);
        open = undefined;
      } else open.block.text += `${line.startsWith(open.indent) ? line.slice(open.indent.length) : line}\n`;
    } else if (fence) {
      const [, indent = "", mark = "", kind = ""] = fence;
      open = { fence: mark, indent, block: { kind: kind.trim(), text: "", line: index + 2 } };
    }
    rest.push(open || fence ? "" : line);
  }
  if (open) throw new Error(`${file}:${open.block.line - 1}: found a fence that is never closed`);
  const prose = rest.join("\n");
  const spans = [...prose.matchAll(/(?<!`)(`+)(?!`)([^\n]*?\S[\s\S]*?)(?<!`)\1(?!`)/g)].map((found) => ({
    text: (found[2] ?? "").replace(/\s*\n\s*/g, " ").trim(),
    line: lineAt(prose, found.index),
  }));
  const withoutCode = prose.replace(/(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, (code) => code.replace(/[^\n]/g, "x"));
  const links = [
    ...withoutCode.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g),
    ...withoutCode.matchAll(/\b(?:src|srcset|href)="([^"]+)"/g),
  ].map((found) => ({ target: found[1] ?? "", line: lineAt(withoutCode, found.index) }));
  const anchors = new Set([...prose.matchAll(/^#{1,6} +(.+?) *$/gm)].map((found) => anchorOf(found[1] ?? "")));
  return { file, blocks, spans, links, anchors };
};

export const pages: readonly Page[] = [
  "README.md",
  "CHANGELOG.md",
  ...readdirSync(path.join(packageRoot, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
].map((file) => takeApart(file, readFileSync(path.join(packageRoot, file), "utf8")));
