/** A trace as lines of coloured text: tokens, and below each its depth and its experts. */
import { depthColour, expertColour, type Painter } from "./colour.ts";
import { counted, padTo, table, widthOf } from "./table.ts";
import { depthShares, expertShares, type TokenTrace, type Trace } from "./trace.ts";

/** A part of a line. */
export interface Segment {
  readonly text: string;
  /** Colour of its background. */
  readonly ground?: string;
  /** What a picture says where the pointer rests on it. */
  readonly about?: string;
}

/** Shows line ends and tabs as signs, and other control characters (also bidirectional ones) as dots. */
export function visible(text: string): string {
  return text.replaceAll("\n", "⏎").replaceAll("\t", "⇥").replace(
    /\p{Cc}|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    "·",
  );
}

/** Indices of the tokens of each line, broken at the width and at line ends. */
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

/** Depth in characters: ██· of three. */
const bar = (depth: number, N: number) => "█".repeat(depth) + "·".repeat(N - depth);

/** Token, depth, router scores, and experts with their weights. */
function story({ text, id, depth, scores }: TokenTrace, m: number, { N, routing, tracks }: Trace): string {
  const score = (value: number, r: number) =>
    `  ${routing === "token" ? "depth" : "recursion"} ${r + 1}: ${value.toFixed(4)}`;
  const chosen = tracks.filter(({ chosen }) => chosen[m].length).map(({ name, chosen }) =>
    `${name}: ${chosen[m].map(({ expert, weight }) => `expert ${expert} (${weight.toFixed(3)})`).join(", ")}`
  );
  return [
    `${JSON.stringify(text)}  id ${id}, position ${m}`,
    ...(N > 1 ? [`depth ${depth} of ${N}`] : []),
    ...(scores.length ? ["router scores", ...scores.map(score)] : []),
    ...chosen,
  ].join("\n");
}

/** The lines: legend, tokens with depths and experts, and the shares of both. */
export function traceLines(trace: Trace, columns: number): Segment[][] {
  const { tokens, tracks, N } = trace, deep = N > 1;
  const experts = tracks.map(({ chosen }) => chosen.map((choices) => choices.map(({ expert }) => String(expert))));
  const widths = tokens.map(({ text }, m) =>
    1 + Math.max(widthOf(visible(text)), deep ? N : 0, ...experts.map((track) => track[m].join(",").length))
  );
  const label = Math.max(5, ...tracks.map(({ short }) => short.length)) + 2;
  const cell = (segments: readonly Segment[], width: number): Segment[] => {
    const used = segments.reduce((sum, { text }) => sum + widthOf(text), 0);
    return [...segments, { text: " ".repeat(width - used) }];
  };
  const body = breakLines(tokens.map(({ text }) => text), widths, columns - label).flatMap((line) => {
    const row = (name: string, of: (m: number) => readonly Segment[]) => [
      { text: padTo(name, label) },
      ...line.flatMap((m) => cell(of(m), widths[m])),
    ];
    return [
      row("", (m) => [{
        text: visible(tokens[m].text),
        ground: deep ? depthColour(tokens[m].depth, N) : undefined,
        about: story(tokens[m], m, trace),
      }]),
      ...(deep ? [row("depth", (m) => [{ text: bar(tokens[m].depth, N) }])] : []),
      ...tracks.map(({ short }, t) =>
        row(short, (m) =>
          experts[t][m].flatMap((text, i) => [
            ...(i ? [{ text: "," }] : []),
            { text, ground: expertColour(Number(text)) },
          ]))
      ),
      [],
    ];
  });
  return [...legend(trace), [], ...body, ...summary(trace).map((text) => [{ text }])];
}

/** Lines as text with coloured backgrounds. */
export function paintLines(lines: readonly (readonly Segment[])[], paint: Painter): string {
  const painted = lines.map((line) => line.map(({ text, ground }) => ground ? paint(text, ground) : text).join(""));
  return painted.map((line) => `${line.trimEnd()}\n`).join("");
}

function legend({ N, E, model, what }: Trace): Segment[][] {
  const depths = Array.from({ length: N > 1 ? N : 0 }, (_, d): Segment[] => [
    { text: ` ${d + 1} `, ground: depthColour(d + 1, N) },
    { text: ` ${bar(d + 1, N)}  ` },
  ]);
  const experts = Array.from({ length: E }, (_, e): Segment[] => [
    { text: ` ${e} `, ground: expertColour(e) },
    { text: " " },
  ]);
  return [
    [{ text: `${model}: ${what}` }],
    ...(depths.length ? [[{ text: "recursion depth  " }, ...depths.flat()]] : []),
    ...(experts.length ? [[{ text: "experts          " }, ...experts.flat()]] : []),
  ];
}

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

/** One sentence about the depth of tokens. */
export function depthSentence(trace: Trace): string {
  const { N, routing, tokens, tracks } = trace, count = counted(tokens.length, "token");
  if (N === 1) return tracks.length ? count : `${count}; this model routes nothing`;
  if (routing === "none") return `${count}, each runs all ${N} recursions`;
  const { mean, shares } = depthShares(trace);
  const each = shares.map((share, d) => `${percent(share)} at ${d + 1}`).join(", ");
  return `${count}, mean depth ${mean.toFixed(2)} of ${N}: ${each}`;
}

/** The depths, and a table with the share of every expert. */
function summary(trace: Trace): string[] {
  const head = ["", "where", "tokens", ...Array.from({ length: trace.E }, (_, e) => `expert ${e}`)];
  const rows = trace.tracks.map((track) => {
    const { rows, shares } = expertShares(track, trace.E);
    return [track.short, track.name, String(rows), ...shares.map(percent)];
  });
  return [depthSentence(trace), ...(rows.length ? ["", ...table([head, ...rows])] : [])];
}
