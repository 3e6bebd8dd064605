/** The page at `/`: what this server is, and where to go from here. */
import { html } from "./html.ts";
import { page } from "./page.ts";

export const frontPage = (around: {
  publicUrl: string;
  workspaceName: string;
  sandbox: boolean;
  docsUrl?: string | undefined;
}): string =>
  page(
    { title: `Accolade · ${around.workspaceName}`, language: "en" },
    html`<p class="eyebrow">${around.workspaceName}</p>
<h1>Accolade</h1>
<p class="lead">This server listens to a CRM and sends the rewards that its rules decide.${
      around.sandbox ? " It runs as a sandbox: points and codes are for trying, and no message leaves it." : ""
    }</p>
<ul>
${around.sandbox && html`<li><a href="${around.publicUrl}/outbox">Outbox</a>: the messages that would have been sent</li>`}
${around.docsUrl !== undefined && html`<li><a href="${around.docsUrl}">Docs</a>: connect a CRM, write rules, choose rewards and channels</li>`}
<li><a href="${around.publicUrl}/readyz">Readiness</a>: whether database and queue are there</li>
<li><a href="${around.publicUrl}/metrics">Metrics</a>: for Prometheus</li>
</ul>
${around.sandbox && html`<p>Next: <code>accolade simulate</code> plays a quarter of a sales team against this server.</p>`}`,
  );
