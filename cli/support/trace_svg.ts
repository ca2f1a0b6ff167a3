/** A trace as a standalone picture: SVG without scripts, fonts or links, for light and dark backgrounds. */
import { depthColour, expertColour, inkOn } from "./colour.ts";
import { widthOf } from "./table.ts";
import type { TokenTrace, Trace, Track } from "./trace.ts";
import { breakLines, depthSentence, visible } from "./trace_terminal.ts";

/** Pixels: a column of text, heights, gaps. */
const SIZE = { width: 960, margin: 20, column: 8.6, text: 24, bar: 5, cell: 15, gap: 3, line: 14, head: 112 };

/** Escapes text for XML; characters that XML does not allow are removed. */
export function escapeXml(text: string): string {
  const allowed = text.replace(/(?![\t\n\r])\p{Cc}|\p{Surrogate}|[\ufffe\uffff]/gu, "");
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return allowed.replace(/[&<>"']/g, (character) => names[character]);
}

const STYLE = `
svg { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --quiet: #59636e; --edge: #c3c9d0; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #14171b; --ink: #e8eaed; --quiet: #a0a8b1; --edge: #4a525b; }
}
.paper { fill: var(--paper); }
text { font: 14px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: pre; fill: var(--ink); }
.title { font-weight: 600; font-size: 16px; }
.quiet, .label { fill: var(--quiet); font-size: 12px; }
.digit { font-size: 11px; text-anchor: middle; }
.key { font-size: 12px; }
.edge { stroke: var(--edge); stroke-width: 1; }
.full { fill: var(--quiet); }
.empty { fill: none; stroke: var(--edge); stroke-width: 0.8; }`;

const rect = (x: number, y: number, width: number, height: number, more: string) =>
  `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" ${more}/>`;
const write = (x: number, y: number, text: string, more = "") =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${more && ` ${more}`}>${escapeXml(text)}</text>`;

/** The tooltip of a token. */
function story(token: TokenTrace, m: number, { N, routing, tracks }: Trace): string {
  const scores = token.scores.map((score, r) =>
    `${routing === "token" ? "depth" : "recursion"} ${r + 1}: ${score.toFixed(4)}`
  );
  const lines = [`${JSON.stringify(token.text)}  id ${token.id}, position ${m}`];
  if (N > 1) lines.push(`depth ${token.depth} of ${N}`);
  if (scores.length) lines.push("router scores", ...scores.map((score) => `  ${score}`));
  for (const { name, chosen } of tracks) {
    const choices = chosen[m].map(({ expert, weight }) => `expert ${expert} (${weight.toFixed(3)})`);
    if (choices.length) lines.push(`${name}: ${choices.join(", ")}`);
  }
  return lines.join("\n");
}

function expertCells({ chosen }: Track, m: number, x: number, y: number): string {
  return chosen[m].map(({ expert }, j) => {
    const at = x + j * (SIZE.cell + 1), fill = expertColour(expert);
    const digit = write(at + SIZE.cell / 2, y + 11.5, String(expert), `class="digit" style="fill:${inkOn(fill)}"`);
    return rect(at, y, SIZE.cell, SIZE.cell, `rx="2" fill="${fill}"`) + digit;
  }).join("");
}

/** A token without its leading blank, which is drawn as a wider gap. */
const written = ({ text }: TokenTrace) => visible(text === " " ? text : text.replace(/^ /, ""));

/** Gap before a token, and width of its box, in pixels. */
function boxes({ tokens, tracks, N, joined }: Trace): { gap: number; width: number }[] {
  const most = Math.max(0, ...tracks.flatMap(({ chosen }) => chosen.map(({ length }) => length)));
  const least = Math.max(16, most * (SIZE.cell + 1) - 1, N > 1 ? 6 * N : 0);
  return tokens.map((token) => ({
    gap: !joined || token.text.startsWith(" ") ? 8 : 2,
    width: Math.max(widthOf(written(token)) * SIZE.column + 8, least),
  }));
}

/** Draws one token with its depth and experts below it. */
function cell(trace: Trace, m: number, x: number, y: number, width: number): string {
  const { N, tracks } = trace;
  const token = trace.tokens[m];
  const parts = [`<g><title>${escapeXml(story(token, m, trace))}</title>`];
  const fill = N > 1 ? depthColour(token.depth, N) : undefined;
  parts.push(rect(x, y, width, SIZE.text, fill ? `class="edge" rx="3" fill="${fill}"` : 'class="empty" rx="3"'));
  parts.push(write(x + 4, y + 17, written(token), fill && `style="fill:${inkOn(fill)}"`));
  let below = y + SIZE.text + SIZE.gap;
  if (N > 1) {
    const step = width / N;
    for (let r = 0; r < N; r++) {
      const look = r < token.depth ? 'class="full"' : 'class="empty"';
      parts.push(rect(x + r * step, below, step - 1, SIZE.bar, look));
    }
    below += SIZE.bar + SIZE.gap;
  }
  tracks.forEach((track, t) => parts.push(expertCells(track, m, x, below + t * (SIZE.cell + SIZE.gap))));
  return `${parts.join("")}</g>`;
}

function legend({ N, E }: Trace): string {
  let x = SIZE.margin;
  const parts: string[] = [];
  const say = (text: string) => {
    parts.push(write(x, 98, text, 'class="key"'));
    x += text.length * 7.4 + 10;
  };
  const swatch = (fill: string, text: string) => {
    parts.push(rect(x, 85, 18, 17, `class="edge" rx="2" fill="${fill}"`));
    parts.push(write(x + 9, 98, text, `class="digit" style="fill:${inkOn(fill)}"`));
    x += 24;
  };
  if (N > 1) {
    say("recursion depth");
    for (let d = 1; d <= N; d++) swatch(depthColour(d, N), String(d));
    x += 20;
  }
  if (E > 0) {
    say("experts");
    for (let e = 0; e < E; e++) swatch(expertColour(e), String(e));
  }
  return parts.join("");
}

/** Draws a trace. */
export function traceSvg(trace: Trace): string {
  const { tokens, tracks, N } = trace;
  const label = tracks.length || N > 1 ? Math.max(5, ...tracks.map(({ short }) => short.length)) * 7.4 + 10 : 0;
  const left = SIZE.margin + label;
  const placed = boxes(trace);
  const lines = breakLines(
    tokens.map(({ text }) => text),
    placed.map(({ gap, width }) => gap + width),
    SIZE.width - left - SIZE.margin,
  );
  const depthHeight = N > 1 ? SIZE.bar + SIZE.gap : 0;
  const height = SIZE.text + SIZE.gap + depthHeight + tracks.length * (SIZE.cell + SIZE.gap) + SIZE.line;
  const body = lines.map((line, i) => {
    const y = SIZE.head + SIZE.margin + i * height;
    const below = y + SIZE.text + SIZE.gap;
    const names = tracks.map(({ short, name }, t) =>
      `<g><title>${escapeXml(name)}</title>${
        write(SIZE.margin, below + depthHeight + t * (SIZE.cell + SIZE.gap) + 11.5, short, 'class="label"')
      }</g>`
    );
    if (N > 1) names.unshift(write(SIZE.margin, below + 6, "depth", 'class="label"'));
    let x = left;
    const cells = line.map((m) => {
      const { gap, width } = placed[m];
      if (x > left) x += gap;
      const drawn = cell(trace, m, x, y, width);
      x += width;
      return drawn;
    });
    return [...names, ...cells].join("\n");
  });
  const widest = Math.max(SIZE.width, left + SIZE.margin + Math.max(...placed.map(({ width }) => width)));
  const total = SIZE.head + SIZE.margin + lines.length * height + 6;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${widest.toFixed(0)} ${total}" width="${
    widest.toFixed(0)
  }" height="${total}" role="img" aria-label="${escapeXml(depthSentence(trace))}">
<style>${STYLE}
</style>
<rect class="paper" width="100%" height="100%"/>
${write(SIZE.margin, 30, trace.model, 'class="title"')}
${write(SIZE.margin, 50, trace.what, 'class="quiet"')}
${write(SIZE.margin, 67, depthSentence(trace), 'class="quiet"')}
${legend(trace)}
${body.join("\n")}
</svg>
`;
}
