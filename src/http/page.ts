/** The frame that every page stands in, and its one style sheet. Pages work without scripts, and the CSP forbids them where there is none. */
import { createHash } from "node:crypto";
import { type Html, html, trusted } from "./html.ts";

// accent on its background, and text on accent: at least 4.5:1 in light and in dark (WCAG AA); a test computes it
export const colours = {
  light: {
    background: "#fbfbf9",
    surface: "#ffffff",
    text: "#1c211f",
    quiet: "#59635f",
    line: "#dfe3e0",
    accent: "#0b6a57",
    onAccent: "#ffffff",
  },
  dark: {
    background: "#121614",
    surface: "#1a201d",
    text: "#ecf0ed",
    quiet: "#a3aea9",
    line: "#2f3733",
    accent: "#62d2b4",
    onAccent: "#0c1613",
  },
} as const;

const variables = (set: (typeof colours)["light" | "dark"]) =>
  Object.entries(set)
    .map(([name, value]) => `--${name}:${value}`)
    .join(";");

const style = `
:root{color-scheme:light dark;${variables(colours.light)}}
@media(prefers-color-scheme:dark){:root{${variables(colours.dark)}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--background);color:var(--text);font:1.0625rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:break-word}
main{max-width:34rem;margin:0 auto;padding:clamp(1.5rem,6vw,4rem) 1.25rem 4rem}
main.wide{max-width:46rem}
h1{font-size:clamp(1.75rem,1.4rem + 2vw,2.25rem);line-height:1.2;letter-spacing:-.01em;margin:0 0 .5rem;font-weight:650;text-wrap:balance}
h2{font-size:1.0625rem;line-height:1.4;margin:0 0 .5rem;font-weight:650}
p{margin:0 0 1rem}
a{color:var(--accent);text-underline-offset:.2em}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:.25rem}
.quiet{color:var(--quiet);font-size:.9375rem}
.eyebrow{text-wrap:balance;color:var(--quiet);font-size:.9375rem;margin:0 0 1.75rem}
.lead{font-size:1.1875rem;margin:0 0 2rem}
.card{background:var(--surface);border:1px solid var(--line);border-radius:.875rem;padding:1.5rem;margin:0 0 1.5rem}
.card>:last-child{margin-bottom:0}
.worth{color:var(--accent);font-weight:650;margin:0 0 1.25rem}
.button{appearance:none;display:inline-block;max-width:100%;border:0;border-radius:.625rem;background:var(--accent);color:var(--onAccent);font:inherit;font-weight:600;line-height:1.3;padding:.875rem 1.375rem;min-height:3rem;text-decoration:none;text-align:center;cursor:pointer}
.button:hover{filter:brightness(1.08)}
.button+.quiet,form+.quiet{margin-top:.875rem}
form{margin:0}
fieldset{border:0;padding:0;margin:0 0 1.25rem;min-width:0}
legend,.field{display:block;padding:0;font-weight:600;margin:0 0 .375rem}
.choice{display:flex;gap:.625rem;align-items:flex-start;padding:.375rem 0}
.choice input{flex:none;width:1.25rem;height:1.25rem;margin:.2rem 0 0;accent-color:var(--accent)}
input[type=text],textarea{display:block;width:100%;font:inherit;color:inherit;background:var(--background);border:1px solid var(--quiet);border-radius:.5rem;padding:.625rem .75rem;margin:0 0 .25rem}
textarea{min-height:7rem;resize:vertical}
.hint{color:var(--quiet);font-size:.9375rem;margin:0 0 1.25rem}
input[type=time],select{font:inherit;color:inherit;background:var(--background);border:1px solid var(--quiet);border-radius:.5rem;padding:.5rem .75rem;min-height:3rem;max-width:100%;margin:0 0 1.25rem}
select{display:block;width:100%}
.times{display:flex;flex-wrap:wrap;gap:.5rem 1.25rem;margin:.125rem 0 .75rem 1.875rem}
.times input{margin:0}
fieldset>.hint:last-child{margin-bottom:0}
.choice .quiet{display:block}
.alert{border-left:4px solid var(--accent);padding-left:1rem}
#disputes{margin-top:2rem}
blockquote{margin:0 0 .75rem;padding-left:1rem;border-left:3px solid var(--line);white-space:pre-wrap;overflow-wrap:anywhere}
.label{color:var(--quiet);font-size:.9375rem;margin:0 0 .25rem}
section{margin:0 0 2rem}
section>h2,details>summary{font-size:1.0625rem}
.items li{border-bottom:1px solid var(--line);padding:0 0 .875rem;margin:0 0 .875rem}
.items li:last-child{border-bottom:0;margin-bottom:0;padding-bottom:0}
.line{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.125rem 1rem;align-items:baseline}
.line a,.line b{font-weight:600}
.line .sum{color:var(--accent);font-weight:600;white-space:nowrap}
.items .quiet{margin:.125rem 0 0}
.items form{margin:.625rem 0 .25rem}
.items .button{min-height:2.75rem;padding:.625rem 1.125rem}
.plainButton{background:none;color:var(--accent);border:1px solid var(--accent)}
.panel{border-top:1px solid var(--line);padding:.75rem 0}
.panel>summary{padding:.625rem 0}
.panel[open]>summary{margin-bottom:.75rem}
.panel[open]{padding-bottom:1.75rem}
#push{border-top:1px solid var(--line);padding:1.25rem 0 .5rem;margin:0}
.back{display:inline-block;padding:.625rem 0;font-weight:600}
.code{display:block;font:600 1.375rem/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;letter-spacing:.04em;overflow-wrap:anywhere;user-select:all;-webkit-user-select:all;border:1px dashed var(--quiet);border-radius:.625rem;padding:.75rem 1rem;margin:0 0 1.25rem}
.amount{font-size:1.75rem;font-weight:650;line-height:1.2;margin:0}
.scan{display:flex;gap:1rem;align-items:center;border-top:1px solid var(--line);padding-top:1.25rem;margin-top:1.25rem}
.scan svg{flex:none;display:block;width:7.5rem;height:7.5rem;background:#fff;border:1px solid var(--line);border-radius:.5rem;padding:.625rem}
.scan p{margin:0}
summary{cursor:pointer;font-weight:600;padding:.5rem 0;color:var(--accent)}
ul{padding:0;margin:0 0 1rem;list-style:none}
li{margin:0 0 .625rem}
code{font:.9375em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}
.message header{display:flex;flex-wrap:wrap;gap:.125rem .75rem;justify-content:space-between;color:var(--quiet);font-size:.9375rem;margin:0 0 .75rem}
.message header b{color:var(--text);font-weight:600}
iframe{display:block;width:100%;height:28rem;resize:vertical;border:1px solid var(--line);border-radius:.5rem;background:#fff}
.bubble{background:color-mix(in srgb,var(--accent) 12%,var(--surface));border-radius:1rem 1rem 1rem .25rem;padding:.75rem 1rem;max-width:26rem;white-space:pre-wrap;overflow-wrap:anywhere;margin:0}
.plain{white-space:pre-wrap;overflow-wrap:anywhere;margin:.75rem 0 0}
`.trim();

const styleHash = `'sha256-${createHash("sha256").update(style).digest("base64")}'`;

/** Nothing may load or run but our own style; forms go back to us. */
export const pagePolicy = `default-src 'none'; style-src ${styleHash}; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`;
/** The same with our own scripts, and a worker for notifications. */
export const scriptPolicy = `${pagePolicy}; script-src 'self'; worker-src 'self'; connect-src 'self'`;
/** For pages that show an email as its reader would see it: its frame inherits this, and mail is styled inline. */
export const outboxPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; font-src https:; frame-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/** A whole page. `title` and `language` are texts; `content` is HTML; `script`: path of one of our own. */
export const page = (
  around: { title: string; language: string; wide?: boolean; script?: string },
  content: Html,
): string =>
  html`<!doctype html>
<html lang="${around.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<meta name="referrer" content="no-referrer">
<title>${around.title}</title>
<style>${trusted(style)}</style>${around.script !== undefined && html`<script src="${around.script}" defer></script>`}
</head>
<body>
<main${around.wide ? trusted(' class="wide"') : ""}>
${content}
</main>
</body>
</html>
`.toString();
