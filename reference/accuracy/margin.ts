/**
 * What selections chose, and by how much: the distance between the last chosen score and the first that was not.
 *
 * @module
 */
import type { RefTensor } from "../reference.ts";
import { weightsOf } from "../router.ts";

/** One selection of a run: the scores it compared, and the smallest change between two of them that changes it. */
export interface Decision {
  /** The operation that chose. */
  readonly op: string;
  /** Everything it compared. */
  readonly scores: Float64Array;
  /** Smallest gap between a chosen score and one that was not; infinite where there was nothing to choose. */
  readonly margin: number;
  /** What was chosen: the operation's i32 outputs by name. */
  readonly chosen: Readonly<Record<string, Int32Array>>;
}

type Named = Readonly<Record<string, RefTensor>>;
// deno-lint-ignore no-explicit-any
type Params = any;

/** Gap between the k-th and the next of some values, from the greatest. */
function gapAfter(values: readonly number[], k: number): number {
  if (k <= 0 || k >= values.length) return Infinity;
  const sorted = [...values].sort((a, b) => b - a);
  return sorted[k - 1] - sorted[k];
}

/** What each selecting operation compared, in groups of values of which the `k` greatest are chosen. */
const groups: Readonly<Record<string, (inputs: Named, outputs: Named, params: Params) => [number[], number][]>> = {
  selectTopK: ({ scores, offsets, capacity }) =>
    Array.from(capacity.data, (k, b) => [[...scores.data.subarray(offsets.data[b], offsets.data[b + 1])], k]),

  selectThreshold({ scores, offsets }, _, { threshold }) {
    if (scores.dtype === "i32") return [];
    const live = [...scores.data.subarray(0, offsets.data[offsets.data.length - 1])];
    return live.map((score) => [[score, threshold], 1]);
  },

  route({ bias, offsets }, { probs }, { k }) {
    const [M, E] = probs.shape;
    const rows = offsets ? offsets.data[offsets.data.length - 1] : M;
    const row = (m: number) => [...probs.data.subarray(m * E, (m + 1) * E)].map((p, e) => p + (bias?.data[e] ?? 0));
    return Array.from({ length: rows }, (_, m) => [row(m), k]);
  },
};

/** Whether an operation selects. */
export function isSelection(op: string): boolean {
  return op in groups;
}

/** The decision that a selecting operation took. */
export function decisionOf(op: string, inputs: Named, outputs: Named, params: Params): Decision {
  const compared = groups[op](inputs, outputs, params);
  const margin = compared.reduce((least, [values, k]) => Math.min(least, gapAfter(values, k)), Infinity);
  const chosen = Object.entries(outputs).filter(([, { dtype }]) => dtype === "i32");
  return {
    op,
    scores: Float64Array.from(compared.flatMap(([values]) => values)),
    margin,
    chosen: Object.fromEntries(chosen.map(([name, { data }]) => [name, Int32Array.from(data)])),
  };
}

/** Makes an operation's outputs follow another run's choice. */
export function follow({ op, chosen }: Decision, outputs: Named, params: Params): void {
  const own = op === "route" ? outputs.experts.data.slice() : undefined;
  for (const [name, data] of Object.entries(chosen)) outputs[name].data.set(data);
  if (!own) return;
  const { probs: { data, shape: [M, E] }, weights } = outputs;
  const { k, normalize } = params;
  for (let m = 0; m < M; m++) {
    const experts = chosen.experts.subarray(m * k, (m + 1) * k);
    if (experts.every((expert, j) => expert === own[m * k + j])) continue;
    weights.data.set(weightsOf(data.subarray(m * E, (m + 1) * E), experts, normalize), m * k);
  }
}
