/** A trace as lines of text: tokens, and below each its depth and its experts. */
import { depthColour, expertColour, type Painter } from "./colour.ts";
import { counted, padTo, table, widthOf } from "./table.ts";
import { depthShares, expertShares, type Trace } from "./trace.ts";

/** Shows line ends and tabs as signs, and other control characters (also bidirectional ones) as dots. */
export function visible(text: string): string {
  return text.replaceAll("\n", "⏎").replaceAll("\t", "⇥").replace(
    /\p{Cc}|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    "·",
  );
}

/** Indices of the tokens of each line, broken at the terminal's width and at line ends. */
export function breakLines(texts: readonly string[], widths: readonly number[], most: number): number[][] {
  const lines: number[][] = [[]];
  let used = 0;
  widths.forEach((width, m) => {
    const line = lines[lines.length - 1];
    const ended = texts[m].startsWith("\n") || texts[m - 1]?.endsWith("\n");
    if (line.length && (ended || used + width > most)) {
      lines.push([m]);
      used = width;
    } else {
      line.push(m);
      used += width;
    }
  });
  return lines;
}

/** Depth in words: ███ of three. */
function bar(depth: number, N: number): string {
  return "█".repeat(depth) + "·".repeat(N - depth);
}

/** The lines of the picture. */
export function traceLines(trace: Trace, columns: number, paint: Painter): string[] {
  const { tokens, tracks, N } = trace;
  const shown = tokens.map(({ text }) => visible(text));
  const experts = tracks.map(({ chosen }) => chosen.map((choices) => choices.map(({ expert }) => String(expert))));
  const deep = N > 1;
  const widths = tokens.map((_, m) =>
    1 + Math.max(widthOf(shown[m]), deep ? N : 0, ...experts.map((track) => track[m].join(",").length))
  );
  const label = Math.max(5, ...tracks.map(({ short }) => short.length)) + 2;
  const lines = [...legend(trace, paint), ""];
  for (const line of breakLines(tokens.map(({ text }) => text), widths, columns - label)) {
    const row = (name: string, cell: (m: number) => string) => {
      lines.push((padTo(name, label) + line.map((m) => cell(m)).join("")).trimEnd());
    };
    row("", (m) => {
      const ground = deep ? paint(shown[m], depthColour(tokens[m].depth, N)) : shown[m];
      return ground + " ".repeat(widths[m] - widthOf(shown[m]));
    });
    if (deep) row("depth", (m) => padTo(bar(tokens[m].depth, N), widths[m]));
    tracks.forEach(({ short }, t) =>
      row(short, (m) => {
        const cells = experts[t][m];
        const painted = cells.map((expert) => paint(expert, expertColour(Number(expert)))).join(",");
        return painted + " ".repeat(widths[m] - cells.join(",").length);
      })
    );
    lines.push("");
  }
  return [...lines, ...summary(trace)];
}

function legend({ N, E, model, what }: Trace, paint: Painter): string[] {
  const depths = Array.from({ length: N }, (_, d) => `${paint(` ${d + 1} `, depthColour(d + 1, N))} ${bar(d + 1, N)}`);
  const coloured = paint(" ", "#000000") !== " "; // without colours, digits suffice
  const experts = Array.from({ length: coloured ? E : 0 }, (_, e) => paint(` ${e} `, expertColour(e)));
  return [
    `${model}: ${what}`,
    ...(N > 1 ? [`recursion depth  ${depths.join("  ")}`] : []),
    ...(experts.length ? [`experts          ${experts.join(" ")}`] : []),
  ];
}

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

/** One sentence about the depth of tokens. */
export function depthSentence(trace: Trace): string {
  const { N, routing, tokens, tracks } = trace;
  if (N === 1) {
    return tracks.length
      ? `${counted(tokens.length, "token")}`
      : `${counted(tokens.length, "token")}; this model routes nothing`;
  }
  if (routing === "none") return `${counted(tokens.length, "token")}, each runs all ${N} recursions`;
  const { mean, shares } = depthShares(trace);
  const each = shares.map((share, d) => `${percent(share)} at ${d + 1}`).join(", ");
  return `${counted(tokens.length, "token")}, mean depth ${mean.toFixed(2)} of ${N}: ${each}`;
}

/** Rows of the table of experts: what, tokens, and the share of every expert. */
export function expertRows({ tracks, E }: Trace): string[][] {
  const head = ["", "where", "tokens", ...Array.from({ length: E }, (_, e) => `expert ${e}`)];
  return [
    head,
    ...tracks.map((track) => {
      const { rows, shares } = expertShares(track, E);
      return [track.short, track.name, String(rows), ...shares.map(percent)];
    }),
  ];
}

function summary(trace: Trace): string[] {
  return [depthSentence(trace), ...(trace.tracks.length ? ["", ...table(expertRows(trace))] : [])];
}
