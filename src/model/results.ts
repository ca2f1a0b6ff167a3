/**
 * From row lists on the device to values per token on the host.
 *
 * @module
 */
import type { HostTensor } from "../op/device.ts";
import type { DecoderOutputs } from "./decoder.ts";
import type { LossTerms, LossValues } from "./losses.ts";

/** What one recursion did, per row of the batch. */
export interface RecursionResult {
  /** 1 for rows that ran, [M]. */
  readonly active: Uint8Array;
  /** Router logits, [M]; NaN for rows that the recursion did not score. Expert-choice only. */
  readonly scores?: Float32Array | Float64Array;
}

/** How one use of experts chose, per routed row. */
export interface ExpertResult {
  /** Unique layer or group. */
  readonly layer: number;
  /** Recursion of a routed block, the unrolled layer elsewhere. */
  readonly application: number;
  /** Rows of the batch, ascending. */
  readonly rows: Int32Array;
  /** Chosen experts, best first, [rows, k]. */
  readonly experts: Int32Array;
  /** Their weights, [rows, k]. */
  readonly weights: Float32Array;
  /** Experts per row. */
  readonly k: number;
}

/** Routing of a forward pass: what a program returns of it. */
export interface Routing<T> {
  /** For each recursion the rows that ran, all where they have no list, and their offsets; expert-choice: router logits. */
  readonly recursions: readonly { readonly scores?: T; readonly rows?: T; readonly offsets: T }[];
  /** Token-choice: router logits, [M, N]. */
  readonly depthLogits?: T;
  /** Every use of experts: layer and application, choices, and the rows that it routed. */
  readonly experts: readonly {
    readonly layer: number;
    readonly application: number;
    readonly experts: T;
    readonly weights: T;
    readonly rows?: T;
    readonly offsets: T;
  }[];
}

/** Routing of a model's outputs; an encoder has no recursions. */
export function routingOf<T>(
  { recursions = [], depths, experts }: Partial<DecoderOutputs<T>> & Pick<DecoderOutputs<T>, "experts">,
): Routing<T> {
  return {
    recursions: recursions.map(({ scores, active: { rows, offsets } }) => ({ scores, rows, offsets })),
    depthLogits: depths?.logits,
    experts: experts.map(({ layer, application, rows: { rows, offsets }, routed: { experts, weights } }) => {
      return { layer, application, experts, weights, rows, offsets };
    }),
  };
}

/** Live rows of a list: as many as its offsets end with, every row in turn where there is no list. */
function listedRows(rows: HostTensor | undefined, offsets: HostTensor): Int32Array {
  const count = offsets.data[offsets.data.length - 1];
  return rows ? Int32Array.from(rows.data.subarray(0, count)) : Int32Array.from({ length: count }, (_, row) => row);
}

/** Values of some rows among M, NaN elsewhere. */
function spread(values: Float32Array | Float64Array, rows: Int32Array, M: number): Float32Array | Float64Array {
  const all = (values instanceof Float64Array ? new Float64Array(M) : new Float32Array(M)).fill(NaN);
  rows.forEach((row, index) => all[row] = values[index]);
  return all;
}

/** What each recursion did over M rows, of which the first `live` are live. */
export function readRecursions({ recursions }: Routing<HostTensor>, M: number, live: number): RecursionResult[] {
  let candidates: Int32Array = Int32Array.from({ length: live }, (_, row) => row);
  return recursions.map(({ scores, rows: list, offsets }) => {
    const rows = listedRows(list, offsets);
    const active = new Uint8Array(M);
    for (const row of rows) active[row] = 1;
    const result = { active, scores: scores && spread(scores.data as Float32Array, candidates, M) };
    candidates = rows;
    return result;
  });
}

/** Every use of experts. */
export function readExperts({ experts: uses }: Routing<HostTensor>): ExpertResult[] {
  return uses.map(({ layer, application, experts, weights, rows: list, offsets }) => {
    const rows = listedRows(list, offsets), k = experts.shape[1], count = rows.length * k;
    return {
      ...{ layer, application, rows, k },
      experts: experts.data.slice(0, count) as Int32Array,
      weights: weights.data.slice(0, count) as Float32Array,
    };
  });
}

/** Recursions run by each row: how many of the results had it active; 1 where nothing is routed. */
export function depthOf(recursions: readonly RecursionResult[], M: number): Int32Array {
  if (recursions.length === 0) return new Int32Array(M).fill(1);
  return Int32Array.from({ length: M }, (_, m) => recursions.reduce((sum, { active }) => sum + active[m], 0));
}

/** Values of loss terms: sums of their scalars; of the load balance the mean over the uses that had rows, 0 without any. */
export function readLosses({ lm, routerAux, routerZ, routerBalance, molBalance }: LossTerms<HostTensor>): LossValues {
  const sum = (scalars: readonly HostTensor[]) => scalars.reduce((sum, { data }) => sum + data[0], 0);
  const applications = sum(molBalance.map(({ applications }) => applications));
  return {
    lm: sum(lm),
    routerAux: sum(routerAux),
    routerZ: sum(routerZ),
    routerBalance: sum(routerBalance),
    molBalance: applications > 0 ? sum(molBalance.map(({ loss }) => loss)) / applications : 0,
  };
}
