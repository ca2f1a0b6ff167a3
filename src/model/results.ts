/**
 * From row lists on the device to values per token on the host.
 *
 * @module
 */
import type { HostTensor } from "../op/device.ts";
import type { DecoderOutputs, ExpertUse } from "./decoder.ts";
import type { LossTerms, LossValues } from "./losses.ts";

/** What one recursion did, per row of the batch. */
export interface RecursionResult {
  /** 1 for rows that ran, [M]. */
  readonly active: Uint8Array;
  /** Router logits, [M]; NaN for rows that were not judged. Expert-choice only. */
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

type Named<T> = Record<string, T>;

/** Names the tensors of a decoder's recursions so that a program can return them. */
export function recursionOutputs<T>({ recursions, depths }: DecoderOutputs<T>): Named<T> {
  const named: Named<T> = {};
  recursions.forEach(({ scores, active }, r) => {
    if (scores) named[`scores.${r}`] = scores;
    if (active.rows) named[`rows.${r}`] = active.rows;
    named[`kept.${r}`] = active.offsets;
  });
  if (depths) named["depth.logits"] = depths.logits;
  return named;
}

/** Names the tensors of all uses of experts; a use is known by its layer and application. */
export function expertOutputs<T>(uses: readonly ExpertUse<T>[]): Named<T> {
  const named: Named<T> = {};
  for (const { layer, application, rows, routed } of uses) {
    const use = `${layer}.${application}`;
    named[`experts.${use}`] = routed.experts;
    named[`weights.${use}`] = routed.weights;
    named[`used.${use}`] = rows.offsets;
    if (rows.rows) named[`routed.${use}`] = rows.rows;
  }
  return named;
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

/** Reads what {@link recursionOutputs} named. */
export function readRecursions(named: Named<HostTensor>, M: number, live: number): RecursionResult[] {
  const results: RecursionResult[] = [];
  let candidates: Int32Array = Int32Array.from({ length: live }, (_, row) => row);
  for (let r = 0; `kept.${r}` in named; r++) {
    const rows = listedRows(named[`rows.${r}`], named[`kept.${r}`]);
    const active = new Uint8Array(M);
    for (const row of rows) active[row] = 1;
    const judged = named[`scores.${r}`];
    const scores = judged && spread(judged.data as Float32Array, candidates, M);
    results.push({ active, scores });
    candidates = rows;
  }
  return results;
}

/** Reads what {@link expertOutputs} named. */
export function readExperts(named: Named<HostTensor>): ExpertResult[] {
  const uses = Object.keys(named).filter((name) => name.startsWith("experts.")).map((name) => name.split(".").slice(1));
  return uses.map(([layer, application]) => {
    const use = `${layer}.${application}`;
    const rows = listedRows(named[`routed.${use}`], named[`used.${use}`]);
    const k = named[`experts.${use}`].shape[1];
    const experts = named[`experts.${use}`].data.slice(0, rows.length * k) as Int32Array;
    const weights = named[`weights.${use}`].data.slice(0, rows.length * k) as Float32Array;
    return { layer: Number(layer), application: Number(application), rows, experts, weights, k };
  });
}

/** Recursions run by each row: how many of the results had it active; 1 where nothing is routed. */
export function depthOf(recursions: readonly RecursionResult[], M: number): Int32Array {
  if (recursions.length === 0) return new Int32Array(M).fill(1);
  return Int32Array.from({ length: M }, (_, m) => recursions.reduce((sum, { active }) => sum + active[m], 0));
}

/** Names the scalars of loss terms. */
export function lossOutputs<T>({ molBalance, ...terms }: LossTerms<T>): Named<T> {
  const named: Named<T> = {};
  molBalance.forEach(({ loss, applications }, use) => {
    named[`balance.${use}`] = loss;
    named[`applications.${use}`] = applications;
  });
  for (const [term, scalars] of Object.entries(terms)) scalars.forEach((loss, i) => named[`loss.${term}.${i}`] = loss);
  return named;
}

/** Adds up the scalars of one term. */
function sumOfTerm(named: Named<HostTensor>, term: string): number {
  let sum = 0;
  for (let i = 0; `loss.${term}.${i}` in named; i++) sum += named[`loss.${term}.${i}`].data[0];
  return sum;
}

/** Mean load balance over the applications that had rows; 0 without any. */
function meanBalance(named: Named<HostTensor>): number {
  let [sum, count] = [0, 0];
  for (let use = 0; `balance.${use}` in named; use++) {
    sum += named[`balance.${use}`].data[0];
    count += named[`applications.${use}`].data[0];
  }
  return count > 0 ? sum / count : 0;
}

/** Reads what {@link lossOutputs} named. */
export function readLosses(named: Named<HostTensor>): LossValues {
  return {
    lm: sumOfTerm(named, "lm"),
    routerAux: sumOfTerm(named, "routerAux"),
    routerZ: sumOfTerm(named, "routerZ"),
    routerBalance: sumOfTerm(named, "routerBalance"),
    molBalance: meanBalance(named),
  };
}
