/**
 * The kernels of inference, by the names of their operations.
 *
 * @module
 */
import type { Op } from "../src/op/op.ts";
import type { OpName, Vocabulary } from "../src/ops/vocabulary.ts";
import type { Kernel } from "./host/kernel.ts";
import { linear } from "./ops/linear/linear.ts";
import { gather, scatterAdd, scatterRows } from "./ops/rows.ts";
import { gate, route } from "./ops/router.ts";
import { selectThreshold, selectTopK } from "./ops/select/select.ts";
import { loraDown, loraGatedUnit, loraUp } from "./ops/experts/experts.ts";
import { embed } from "./ops/embed.ts";
import { rope, ropeWrite } from "./ops/rope.ts";
import { norm } from "./ops/norm.ts";
import { normGated, normLinear } from "./ops/norm_linear.ts";
import { attention } from "./ops/attention/attention.ts";
import { keyRanges } from "./ops/attention/key_ranges.ts";
import { activation, gatedUnit } from "./ops/activation.ts";
import { cacheWrite } from "./ops/cache.ts";
import { expertMerge } from "./ops/merge.ts";
import { count, sample } from "./ops/sample/sample.ts";
import { topLogProbs } from "./ops/top_log_probs.ts";
import { kvSlots, rngCounters, schedule } from "./ops/slots/slots.ts";
import { fitCapacity, routeTokens } from "./ops/route_tokens.ts";
import { advanceLengths, commitTokens, commitTop } from "./ops/commit_tokens.ts";
import { pool } from "./ops/pool.ts";
import { binaryCrossEntropy, crossEntropy, loadBalanceLoss, logSumExp, mean } from "./ops/losses.ts";
import { add, ratio } from "./ops/add.ts";
import { joinColumns, takeColumns } from "./ops/columns.ts";

/** The kernel of an operation. */
export type KernelOf<O> = O extends Op<infer I, infer Out, infer P> ? Kernel<I, Out, P> : never;

/** Kernels by operation name. */
export type Kernels<Names extends OpName> = { readonly [Name in Names]: KernelOf<Vocabulary[Name]> };

/** Kernels of inference; those of all other operations are in `training_kernels.ts`. */
export const kernels = {
  linear,
  gather,
  scatterRows,
  scatterAdd,
  gate,
  route,
  selectTopK,
  selectThreshold,
  loraDown,
  loraGatedUnit,
  loraUp,
  embed,
  rope,
  ropeWrite,
  norm,
  normLinear,
  normGated,
  keyRanges,
  attention,
  activation,
  gatedUnit,
  cacheWrite,
  expertMerge,
  sample,
  topLogProbs,
  count,
  schedule,
  kvSlots,
  rngCounters,
  routeTokens,
  fitCapacity,
  commitTokens,
  commitTop,
  advanceLengths,
  pool,
  crossEntropy,
  binaryCrossEntropy,
  logSumExp,
  mean,
  loadBalanceLoss,
  add,
  ratio,
  takeColumns,
  joinColumns,
} satisfies Partial<Kernels<OpName>>;

/** An operation of inference. */
export type InferenceOp = keyof typeof kernels;
