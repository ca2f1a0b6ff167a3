/** The panels of a training picture: loss, depth, agreement, load of experts, gradient norm and learning rate. */
import { depthColour, expertColour } from "./colour.ts";
import { counted } from "./table.ts";
import { type Chart, chart, type Panel, PICTURE } from "./training_chart.ts";
import type { LogLine } from "./training_log.ts";
import { averaged, curve, HELD_OUT, heldOutPoints, routingCurves, stepsOf, thinned } from "./training_series.ts";

/** Colours of curves, for light and dark backgrounds. */
const COLOUR = { raw: "#a3abb3", main: "#3b8bd0", topk: "#d55e00", threshold: "#009e73" };

/** Colours of held-out points. */
const HELD_OUT_COLOURS = {
  [HELD_OUT.plain]: COLOUR.topk,
  [HELD_OUT.topk]: COLOUR.topk,
  [HELD_OUT.threshold]: COLOUR.threshold,
};

const RAW = "training", MEAN = "training, averaged";

/** Steps over which the training loss is averaged. */
const windowOf = (steps: number) => 2 * Math.round(steps / 100) + 1;

function lossChart(lines: readonly LogLine[], last: number): Chart {
  const raw = curve(lines, RAW, ({ losses }) => losses.lm);
  const window = windowOf(raw.length);
  const mean = window === 1 ? [] : thinned(averaged(raw, window)).map((point) => ({ ...point, series: MEAN }));
  return {
    title: "Loss",
    subtitle: `cross-entropy${window === 1 ? "" : `; averaged over ${window} steps`}`,
    y: "nats per label",
    lines: [...thinned(raw), ...mean],
    points: heldOutPoints(lines, ({ nats }) => nats),
    colours: { [RAW]: mean.length ? COLOUR.raw : COLOUR.main, [MEAN]: COLOUR.main, ...HELD_OUT_COLOURS },
    last,
    height: PICTURE.loss,
  };
}

const DEPTH = (d: number) => d === 1 ? "1 recursion" : `${d} recursions`;

function depthChart(lines: readonly LogLine[], last: number): Chart {
  const shares = routingCurves(lines, ({ depth }) => depth?.shares.map((share, d) => [DEPTH(d), share] as const) ?? []);
  const used = shares.filter(({ series }) => shares.some((point) => point.series === series && point.value > 0));
  const N = (stepsOf(lines).find(({ routing }) => routing?.depth)?.routing?.depth?.shares.length ?? 1) - 1;
  const colours = Array.from({ length: N + 1 }, (_, d) => [DEPTH(d), d ? depthColour(d, N) : COLOUR.raw]);
  return {
    title: "Depth",
    subtitle: "how many recursions the rows of a batch ran",
    y: "share of rows",
    lines: used,
    colours: Object.fromEntries(colours),
    last,
    shares: true,
  };
}

function agreementChart(lines: readonly LogLine[], last: number): Chart {
  const trained = routingCurves(lines, ({ agreement }) => [[RAW, agreement]]);
  const points = heldOutPoints(lines, ({ routing }) => routing?.agreement);
  return {
    title: "Agreement of the causal threshold with top-k",
    subtitle: "share of the decisions of recursions that choose",
    y: "share of decisions",
    lines: trained,
    points,
    colours: { [RAW]: COLOUR.main, ...HELD_OUT_COLOURS },
    last,
    axis: { format: ".0%" },
  };
}

const layerName = (layer: number) => `layer ${layer}`;

function balanceChart(lines: readonly LogLine[], last: number): Chart {
  const found = routingCurves(lines, ({ depth, experts = [] }) => [
    ["choice of depth", depth?.maxViolation],
    ...experts.map(({ layer, maxViolation }) => [layerName(layer), maxViolation] as const),
  ]);
  const names = [...new Set(found.map(({ series }) => series))];
  return {
    title: "Imbalance of loads (MaxVio)",
    subtitle: "largest load / mean load − 1",
    y: "MaxVio",
    lines: found,
    colours: Object.fromEntries(names.map((name, i) => [name, expertColour(i + 4)])),
    last,
    scale: { zero: true },
  };
}

function loadCharts(lines: readonly LogLine[], last: number): Chart[] {
  const layers = new Set(stepsOf(lines).flatMap(({ routing }) => routing?.experts?.map(({ layer }) => layer) ?? []));
  return [...layers].sort((a, b) => a - b).map((layer) => {
    const shares = routingCurves(lines, ({ experts = [] }) =>
      experts.filter((one) => one.layer === layer)
        .flatMap((one) => one.shares.map((share, e) => [`expert ${e}`, share] as const)));
    const names = [...new Set(shares.map(({ series }) => series))];
    return {
      title: `Load of experts, ${layerName(layer)}`,
      subtitle: "whom the router chose, in all applications of the layer",
      y: "share",
      lines: shares,
      colours: Object.fromEntries(names.map((name, e) => [name, expertColour(e)])),
      last,
      shares: true,
      height: Math.max(90, 16 * names.length),
    };
  });
}

/** Ticks of a logarithmic axis: 1, 2 and 5 times powers of ten, or the powers alone if there are many. */
function logTicks(least: number, most: number): number[] {
  const [low, high] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  const powers = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return high - low > 3 ? powers : powers.flatMap((power) => [power, 2 * power, 5 * power]);
}

/** Gradient norm and learning rate. */
function updateCharts(lines: readonly LogLine[], last: number): Chart[] {
  const norm = thinned(curve(lines, RAW, ({ gradientNorm }) => gradientNorm));
  const rate = thinned(curve(lines, RAW, ({ learningRate }) => learningRate));
  const common = { colours: { [RAW]: COLOUR.main }, last, width: PICTURE.half };
  const [least, most] = [Math.min, Math.max].map((pick) => pick(...norm.map(({ value }) => value)));
  const log = 0 < least && least <= most &&
    { scale: { type: "log", nice: false }, axis: { values: logTicks(least, most) } };
  return [
    { ...common, title: "Gradient norm", subtitle: "global, before clipping", y: "norm", lines: norm, ...log },
    {
      ...common,
      title: "Learning rate",
      subtitle: "of the update",
      y: "rate",
      lines: rate,
      scale: { zero: true },
      axis: { format: "~g" },
    },
  ];
}

/** Title and subtitle of the picture. */
export function title(lines: readonly LogLine[], name: string): { text: string; subtitle: string } {
  const steps = stepsOf(lines);
  const evaluation = lines.findLast((line) => line.kind === "evaluation");
  const results = Object.entries(evaluation?.heldOut ?? {}).map(([selection, { nats, bitsPerByte }]) => {
    const bits = bitsPerByte === undefined ? "" : ` (${bitsPerByte.toFixed(3)} bits/byte)`;
    return `${HELD_OUT[selection as keyof typeof HELD_OUT]} ${nats.toFixed(3)} nats${bits}`;
  });
  return { text: name, subtitle: [counted(steps.length, "step"), ...results].join("; ") };
}

/** All panels with data in the log, from top to bottom; the last two are side by side. */
export function panels(lines: readonly LogLine[]): Panel[] {
  const last = lines.reduce((most, { step }) => Math.max(most, step), 0);
  const wide = [
    ...[lossChart, depthChart, agreementChart].map((make) => make(lines, last)),
    ...loadCharts(lines, last),
    balanceChart(lines, last),
  ];
  const drawn = (charts: readonly Chart[]) =>
    charts.filter(({ lines, points = [] }) => lines.length + points.length > 0).map(chart);
  const beside = { hconcat: drawn(updateCharts(lines, last)), spacing: PICTURE.beside, bounds: "flush" };
  return [...drawn(wide), beside];
}
