/** The panels of a picture of training, as vega-lite specifications. */
import { depthColour, expertColour } from "./colour.ts";
import { counted } from "./table.ts";
import type { LogLine } from "../../src/train/run/log_lines.ts";
import { quantities, type Quantity, TRAINING } from "./training_quantities.ts";
import {
  averaged,
  curves,
  HELD_OUT,
  heldOutPoints,
  type Point,
  stepsOf,
  thinned,
  windowOf,
} from "./training_series.ts";

/** A run to draw. */
export interface DrawnRun {
  /** Its name. */
  readonly name: string;
  /** Its log. */
  readonly lines: readonly LogLine[];
}

/** One panel, or two beside each other. */
export type Panel = Record<string, unknown>;

/** Pixels. */
export const PICTURE = { width: 720, half: 305, beside: 110, height: 150, gap: 26 };

const MEAN = `${TRAINING}, averaged`, RAW = "#a3abb3";

/** Colours for light and dark backgrounds. */
const COLOURS: Readonly<Record<string, string>> = {
  [TRAINING]: "#3b8bd0",
  [MEAN]: "#3b8bd0",
  [HELD_OUT.plain]: "#d55e00",
  [HELD_OUT.topk]: "#d55e00",
  [HELD_OUT.threshold]: "#009e73",
};

function colourOf(series: string, i: number, all: readonly string[]): string {
  const [, depth, expert] = series.match(/^(\d+) recursions?$|^expert (\d+)$/) ?? [];
  if (depth === "0" || series === TRAINING && all.includes(MEAN)) return RAW;
  if (depth) return depthColour(Number(depth), Math.max(...all.map((name) => parseInt(name))));
  return COLOURS[series] ?? expertColour(expert ? Number(expert) : i + 4);
}

/** Curves and points of a quantity of one run in detail. */
function detailsOf({ lines }: DrawnRun, { of, heldOut, style }: Quantity) {
  const found = curves(lines, of).filter((line) => style !== "shares" || line.some(({ value }) => value > 0));
  const smooth = style === "averaged" && windowOf(stepsOf(lines).length) > 1;
  const means = smooth ? found.map((line) => averaged(line).map((point) => ({ ...point, series: MEAN }))) : [];
  return { curve: [...found, ...means].flatMap((line) => thinned(line)), points: heldOutPoints(lines, heldOut) };
}

/** Curve and points of a quantity of one of several runs: of expert routing those of generation, where they differ. */
function comparedOf({ name: series, lines }: DrawnRun, { of, compared, heldOut, style }: Quantity) {
  const [line = []] = curves(lines, compared ? (line) => [["", compared.of(line)]] : of);
  const points = heldOutPoints(lines, compared ? compared.heldOut : heldOut);
  const generation = points.filter(({ series }) => series === HELD_OUT.threshold);
  const named = (points: readonly Point[]) => points.map((point) => ({ ...point, series }));
  return {
    curve: named(thinned(style === "averaged" ? averaged(line) : line)),
    points: named(generation.length ? generation : points),
  };
}

/** Vertical scale and axis; a scale that cannot be logarithmic is linear. */
function verticalOf(
  { y, scale = { zero: false }, axis }: Omit<Quantity, "of">,
  stacked: boolean,
  lines: readonly Point[],
) {
  const linear = scale.type === "log" && lines.some(({ value }) => !(value > 0));
  return {
    scale: stacked ? { domain: [0, 1] } : linear ? { zero: true } : scale,
    axis: { title: y, tickCount: 5, ...(stacked && { format: "%" }), ...axis },
  };
}

/** A panel with a legend of its series; undefined without data. */
function panel(quantity: Quantity, runs: readonly DrawnRun[], last: number): Panel | undefined {
  const { title, subtitle, style, height } = quantity, several = runs.length > 1, half = style === "half";
  const found = runs.map((run) => several ? comparedOf(run, quantity) : detailsOf(run, quantity));
  const [lines, points] = [found.flatMap(({ curve }) => curve), found.flatMap(({ points }) => points)];
  if (lines.length + points.length === 0) return undefined;
  const stacked = style === "shares" && !several;
  const series = [...new Set([...lines, ...points].map(({ series }) => series))];
  const names = several ? runs.map(({ name }) => name) : series; // a run has one colour in all panels
  const encoding = {
    x: {
      field: "step",
      type: "quantitative",
      scale: { domain: [0, Math.max(1, last)], nice: false },
      axis: { title: "step", tickCount: half ? 5 : 10, tickMinStep: 1, labelExpr: "format(datum.value, '~s')" },
    },
    y: {
      field: "value",
      type: "quantitative",
      stack: stacked ? "zero" : null,
      ...verticalOf({ ...quantity, ...(several && quantity.compared) }, stacked, lines),
    },
    color: {
      field: "series",
      type: "nominal",
      scale: { domain: series, range: series.map((name) => colourOf(name, names.indexOf(name), names)) },
      legend: names.length > 1 && !half ? { orient: "right" } : null,
    },
    order: { field: "order", type: "quantitative" },
  };
  const order = (point: Point) => stacked ? series.indexOf(point.series) : point.step;
  const layer = (values: readonly Point[], mark: Panel) => ({
    data: { values: values.map((point) => ({ ...point, order: order(point) })) },
    mark,
    encoding,
  });
  const marks = layer(lines, stacked ? { type: "area", opacity: 0.9 } : { type: "line", strokeWidth: 1.6 });
  const window = windowOf(stepsOf(runs[0].lines).length);
  const mean = style !== "averaged"
    ? ""
    : several
    ? "averaged over neighbours"
    : window > 1
    ? `averaged over ${window} steps`
    : "";
  const about = [several ? "" : subtitle, mean].filter(Boolean);
  return {
    title: { text: title, subtitle: about.join("; ") },
    width: half ? PICTURE.half : PICTURE.width,
    height: height ?? PICTURE.height,
    layer: points.length ? [marks, layer(points, { type: "point", filled: true, size: 36, opacity: 1 })] : [marks],
  };
}

/** Title and subtitle of the picture. */
export function title(runs: readonly DrawnRun[]): { text: string; subtitle: string | string[] } {
  const about = runs.map(({ lines }) => {
    const evaluation = lines.findLast((line) => line.kind === "evaluation");
    const results = Object.entries(evaluation?.heldOut ?? {}).map(([selection, { nats, bitsPerByte }]) => {
      const bits = bitsPerByte === undefined ? "" : ` (${bitsPerByte.toFixed(3)} bits/byte)`;
      return `${HELD_OUT[selection as keyof typeof HELD_OUT]} ${nats.toFixed(3)} nats${bits}`;
    });
    return [counted(stepsOf(lines).length, "step"), ...results].join("; ");
  });
  if (runs.length === 1) return { text: runs[0].name, subtitle: about[0] };
  return { text: counted(runs.length, "run"), subtitle: runs.map(({ name }, i) => `${name}: ${about[i]}`) };
}

/** All panels with data in the logs, from top to bottom; the last two are side by side. */
export function panels(runs: readonly DrawnRun[]): Panel[] {
  const last = Math.max(0, ...runs.flatMap(({ lines }) => lines.map(({ step }) => step)));
  const steps = runs.flatMap(({ lines }) => stepsOf(lines));
  const experts = steps.flatMap(({ routing }) => routing?.experts ?? []);
  const all = quantities(new Map(experts.map(({ layer, shares }) => [layer, shares.length])));
  const shown = all.filter(({ compared }) => runs.length === 1 || compared !== false);
  const drawn = (half: boolean) =>
    shown.filter(({ style }) => (style === "half") === half).flatMap((one): Panel[] =>
      [panel(one, runs, last) ?? []].flat()
    );
  return [...drawn(false), { hconcat: drawn(true), spacing: PICTURE.beside, bounds: "flush" }];
}
