/** The wall as it is first sent: with what there is already, so that it shows something before its script runs. */

import type { WallMoment } from "../pipeline/wall.ts";
import type { Board } from "../pipeline/wall-board.ts";
import type { WallLink } from "../pipeline/wall-links.ts";
import { type Html, html } from "./html.ts";
import { wallTexts } from "./wall-texts.ts";

export interface FirstWall {
  link: WallLink;
  workspaceName: string;
  timeZone: string;
  /** Newest first. */
  moments: readonly WallMoment[];
  board: Board | null;
  /** The number of the newest moment that it knows of. */
  head: number;
  theme: "light" | "dark" | null;
  /** Changes with the script and the style: a wall that runs an older one loads itself anew. */
  version: string;
}

/** Nothing may load or run but our own two files, and what the script asks us. */
export const wallPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

export const wallPage = ({
  link,
  workspaceName,
  timeZone,
  moments,
  board,
  head,
  theme,
  version,
}: FirstWall): string => {
  const texts = wallTexts(link.language);
  const [latest, ...earlier] = moments;
  return html`<!doctype html>
<html lang="${link.language}" data-theme="${theme ?? "auto"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<meta name="referrer" content="no-referrer">
<title>${texts.title} · ${workspaceName}</title>
<link rel="stylesheet" href="wall.css?${version}">
<script defer src="wall.js?${version}"></script>
</head>
<body>
<main data-after="${head}" data-zone="${timeZone}" data-version="${version}" data-texts="${JSON.stringify(texts)}" data-earlier="${JSON.stringify(moments)}">
<header><p class="name">${workspaceName}${link.team && html` <span>${link.team}</span>`}</p><p class="state" role="status">${texts.waiting}</p></header>
<div class="columns${board ? "" : " alone"}">
<section class="now" aria-live="polite">
<p class="who">${latest?.who ?? ""}</p>
<p class="what">${latest?.what ?? texts.empty}</p>
<p class="when"></p>
</section>
<section class="earlier"><h2${earlier.length === 0 && html` hidden`}>${texts.earlier}</h2><ol>${earlier.map(
    ({ who, what }) => html`<li><p class="who">${who}</p><p class="what">${what}</p></li>`,
  )}</ol></section>
${boardOf(board, link.language)}
</div>
</main>
</body>
</html>
`.toString();
};

const boardOf = (board: Board | null, language: string): Html | null => {
  if (!board) return null;
  const texts = wallTexts(language);
  const count = new Intl.NumberFormat(language, { useGrouping: true });
  return html`<section class="board"><h2>${texts.board[board.by]}</h2>
<ol>${board.rows.map(
    ({ rank, name, score }) =>
      html`<li><span class="rank">${rank}</span><span class="of">${name}</span><span class="score">${count.format(score)}</span></li>`,
  )}</ol>
<p class="nobody"${board.rows.length > 0 && html` hidden`}>${texts.nobody}</p></section>`;
};
