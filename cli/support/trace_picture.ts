/** A trace as a standalone picture: SVG without scripts, fonts or links, for light and dark backgrounds. */
import { inkOn } from "./colour.ts";
import { widthOf } from "./table.ts";
import type { Trace } from "./trace.ts";
import { depthSentence, type Segment, traceLines } from "./trace_lines.ts";

/** Columns of text, and pixels of a column, a line and the margin. */
const SIZE = { columns: 110, column: 8.5, line: 19, margin: 20 };

const STYLE = `
svg { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; }
@media (prefers-color-scheme: dark) { svg { --paper: #14171b; --ink: #e8eaed; } }
.paper { fill: var(--paper); }
text { font: 14px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: pre; fill: var(--ink); }`;

/** Escapes text for XML; characters that XML does not allow are removed. */
export function escapeXml(text: string): string {
  const allowed = text.replace(/(?![\t\n\r])\p{Cc}|\p{Surrogate}|[\ufffe\uffff]/gu, "");
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return allowed.replace(/[&<>"']/g, (character) => names[character]);
}

/** Draws a part of a line at a column and a line. */
function draw({ text, ground, about }: Segment, column: number, line: number): string {
  const x = (SIZE.margin + column * SIZE.column).toFixed(1), y = SIZE.margin + line * SIZE.line;
  const width = (widthOf(text) * SIZE.column).toFixed(1);
  const box = ground ? `<rect x="${x}" y="${y}" width="${width}" height="17" rx="3" fill="${ground}"/>` : "";
  const ink = ground ? ` style="fill:${inkOn(ground)}"` : "";
  const drawn = `${box}<text x="${x}" y="${y + 13}" textLength="${width}"${ink}>${escapeXml(text)}</text>`;
  return about ? `<g><title>${escapeXml(about)}</title>${drawn}</g>` : drawn;
}

/** Draws a trace. */
export function traceSvg(trace: Trace): string {
  const lines = traceLines(trace, SIZE.columns);
  let widest = SIZE.columns;
  const drawn = lines.map((segments, line) => {
    let column = 0;
    const parts = segments.map((segment) => {
      const part = segment.text.trim() ? draw(segment, column, line) : "";
      column += widthOf(segment.text);
      return part;
    });
    widest = Math.max(widest, column);
    return parts.join("");
  });
  const width = Math.ceil(2 * SIZE.margin + widest * SIZE.column), height = 2 * SIZE.margin + lines.length * SIZE.line;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `role="img" aria-label="${escapeXml(depthSentence(trace))}">\n<style>${STYLE}\n</style>\n` +
    `<rect class="paper" width="100%" height="100%"/>\n${drawn.filter(Boolean).join("\n")}\n</svg>\n`;
}

/** A page with the picture. */
export function tracePage(trace: Trace, title: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)}</title>
<style>:root { color-scheme: light dark; } svg { max-width: 100%; height: auto; }</style>
</head>
<body>
${traceSvg(trace)}
<p>Hold the pointer over a token to see its id, the scores of its routers, and its experts with their weights.</p>
</body>
</html>
`;
}
