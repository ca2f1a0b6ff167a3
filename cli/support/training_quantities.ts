/** What a picture of training shows: quantities of a log, of one run in detail, or of several runs as one number each. */
import type { HeldOut } from "../../src/train/evaluate.ts";
import type { StepLogLine } from "../../src/train/run/log_lines.ts";
import type { Values } from "./training_series.ts";

/** Legend entry of a quantity that is one number. */
export const TRAINING = "training";

/** One panel of a picture. */
export interface Quantity {
  readonly title: string;
  readonly subtitle: string;
  /** Title of the vertical axis, with its unit. */
  readonly y: string;
  /** Values of a step of one run. */
  readonly of: (line: StepLogLine) => Values;
  /** How runs are compared, where `of` has several numbers; false where they are not. */
  readonly compared?:
    | false
    | Pick<Quantity, "y" | "heldOut" | "scale" | "axis"> & {
      readonly of: (line: StepLogLine) => number | undefined;
    };
  /** Value of an evaluation. */
  readonly heldOut?: (heldOut: HeldOut) => number | undefined;
  /** Averaged over steps, stacked shares, or one of two panels side by side. */
  readonly style?: "averaged" | "shares" | "half";
  readonly scale?: Readonly<Record<string, unknown>>;
  readonly axis?: Readonly<Record<string, unknown>>;
  /** Pixels. */
  readonly height?: number;
}

const recursions = (d: number) => d === 1 ? "1 recursion" : `${d} recursions`;
const imbalances = ({ routing }: StepLogLine): [string, number | undefined][] => [
  ["choice of depth", routing?.depth?.maxViolation],
  ...(routing?.experts ?? []).map(({ layer, maxViolation }): [string, number] => [`layer ${layer}`, maxViolation]),
];

/** Loads of the E experts of a layer. */
const loadsOf = (layer: number, E: number): Quantity => ({
  title: `Load of experts, layer ${layer}`,
  subtitle: "share of the router's choices, in all applications of the layer",
  y: "share",
  of: ({ routing }) => {
    const shares = routing?.experts?.find((one) => one.layer === layer)?.shares ?? [];
    return shares.map((share, e) => [`expert ${e}`, share] as const);
  },
  compared: false,
  style: "shares",
  height: Math.max(90, 16 * E),
});

/** Quantities above the loads of experts. */
const above: readonly Quantity[] = [
  {
    title: "Loss",
    subtitle: "cross-entropy",
    y: "nats per label",
    of: ({ losses }) => [[TRAINING, losses.lm]],
    heldOut: ({ nats }) => nats,
    style: "averaged",
    height: 240,
  },
  {
    title: "Depth",
    subtitle: "how many recursions the rows of a batch ran",
    y: "share of rows",
    of: ({ routing }) => routing?.depth?.shares.map((share, d) => [recursions(d), share] as const) ?? [],
    compared: {
      y: "mean depth of rows",
      of: ({ routing }) => routing?.depth?.mean,
      heldOut: ({ routing }) => routing?.depth?.mean,
      scale: { zero: true },
    },
    style: "shares",
  },
  {
    title: "Agreement of the causal threshold with top-k",
    subtitle: "share of the decisions of recursions that choose",
    y: "share of decisions",
    of: ({ routing }) => [[TRAINING, routing?.agreement]],
    heldOut: ({ routing }) => routing?.agreement,
    axis: { format: ".0%" },
  },
];

/** Quantities below them. */
const below: readonly Quantity[] = [
  {
    title: "Imbalance of loads (MaxVio)",
    subtitle: "largest load / mean load − 1",
    y: "MaxVio",
    of: imbalances,
    compared: {
      y: "greatest MaxVio",
      of: (line) =>
        imbalances(line).reduce<number | undefined>((most, [, one]) => one! > (most ?? -1) ? one : most, undefined),
    },
    scale: { zero: true },
  },
  {
    title: "Gradient norm",
    subtitle: "global, before clipping",
    y: "norm",
    of: ({ gradientNorm }) => [[TRAINING, gradientNorm]],
    style: "half",
    scale: { type: "log", nice: false },
  },
  {
    title: "Learning rate",
    subtitle: "of the update",
    y: "rate",
    of: ({ learningRate }) => [[TRAINING, learningRate]],
    style: "half",
    scale: { zero: true },
    axis: { format: "~g" },
  },
];

/** All quantities from top to bottom, for layers that have so many experts. */
export function quantities(experts: ReadonlyMap<number, number>): readonly Quantity[] {
  return [...above, ...[...experts].sort(([a], [b]) => a - b).map(([layer, E]) => loadsOf(layer, E)), ...below];
}
