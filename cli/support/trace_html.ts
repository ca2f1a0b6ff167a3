/** Traces as one standalone page: pictures, and tables of depths and experts. */
import type { Trace } from "./trace.ts";
import { escapeXml, traceSvg } from "./trace_svg.ts";
import { expertRows } from "./trace_terminal.ts";

const STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; background: #ffffff; color: #1b1f24; font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 16px; }
svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; margin: 8px 20px 32px; font-variant-numeric: tabular-nums; }
th, td { white-space: nowrap; padding: 3px 12px 3px 0; text-align: right; border-bottom: 1px solid #c3c9d0; }
th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left; }
p { margin: 8px 20px; }
@media (prefers-color-scheme: dark) {
  body { background: #14171b; color: #e8eaed; }
  th, td { border-color: #4a525b; }
}`;

function expertTable(trace: Trace): string {
  if (trace.tracks.length === 0) return "";
  const [head, ...rows] = expertRows(trace);
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((text) => `<${tag}>${escapeXml(text)}</${tag}>`).join("")}</tr>`;
  return `<table>\n${line(head, "th")}\n${rows.map((row) => line(row, "td")).join("\n")}\n</table>`;
}

/** A page of pictures. */
export function tracePage(traces: readonly Trace[], title: string): string {
  const figures = traces.map((trace) =>
    `<figure style="margin:0">\n${traceSvg(trace)}</figure>\n${expertTable(trace)}`
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)}</title>
<style>${STYLE}
</style>
</head>
<body>
<main>
${figures.join("\n")}
<p>Hold the pointer over a token to see its id, the scores of its routers, and its experts with their weights.
Layers, groups and experts count from 0, recursions from 1.</p>
</main>
</body>
</html>
`;
}
