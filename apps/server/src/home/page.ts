import type { ServedModel } from "@pawl/loop";

/** What the server is, for a person who opened its address. Stands alone: no script, nothing loaded. */
export function homePage(models: readonly ServedModel[], version: string): string {
  const rows = models.map(
    (
      model,
    ) => `<tr><th scope="row">${escaped(model.name)}</th><td>${model.version}</td><td>${escaped(model.task.kind)}</td>
<td>${model.spine.map((column) => escaped(column.name)).join(", ")}</td></tr>`,
  );
  const table =
    rows.length === 0
      ? "<p>No model is served yet. Train one with <code>pawl train</code>, then start <code>pawl serve</code> again.</p>"
      : `<div class="wide"><table><thead><tr><th scope="col">Model</th><th scope="col">Version</th><th scope="col">Answers</th><th scope="col">Asked with</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div>`;
  const [first] = models;
  const example = first ? `<h2>Ask</h2><pre tabindex="0">${escaped(curlExample(first))}</pre>` : "";
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Pawl</title><style>${style}</style></head>
<body><main><h1>Pawl <small>${escaped(version)}</small></h1>
<h2>Served</h2>${table}${example}
<h2>Read</h2><ul>
<li><a href="/openapi.json">/openapi.json</a> every route, as OpenAPI 3.1</li>
<li><a href="/api/v1/models">/api/v1/models</a> registered models</li>
<li><a href="/api/v1/datasets">/api/v1/datasets</a> frozen training sets, as Parquet</li>
<li><a href="/api/v1/runs">/api/v1/runs</a> training attempts</li>
<li><a href="/api/v1/timeline?order=desc">/api/v1/timeline</a> everything that happened</li>
<li><a href="/v2">/v2</a> Open Inference Protocol</li>
<li><a href="/metrics">/metrics</a> for Prometheus</li>
</ul></main></body></html>
`;
}

function curlExample(model: ServedModel): string {
  const row = Object.fromEntries(model.spine.map(({ name, kind }) => [name, kind === "string" ? "…" : null]));
  const body = JSON.stringify({ rows: [row] }).replaceAll("'", "'\\''");
  const path = `/api/v1/models/${encodeURIComponent(model.name)}/predict`;
  return `curl -H 'content-type: application/json' "$PAWL${path}" \\\n  -d '${body}'`;
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const style = `
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--line:#d0d7de;--soft:#f3f5f7;--link:#0a58ca}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--paper:#15181c;--line:#3a424b;--soft:#1f242a;--link:#7ab3ff}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:48rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.6rem;margin:.5rem 0}h1 small{font-weight:400;font-size:.9rem;opacity:.75}h2{font-size:1.1rem;margin:1.8rem 0 .5rem}
a{color:var(--link)}.wide,pre{overflow-x:auto}pre{background:var(--soft);padding:.8rem;border-radius:.4rem}
code,pre{font:.875rem/1.5 ui-monospace,monospace}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.4rem .8rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top}thead th{font-weight:600;opacity:.8}
ul{padding-left:1.2rem}li{margin:.3rem 0}`;
