/**
 * Every operation's kernel, by name.
 *
 * @module
 */
import type { AnyOp, Op } from "../src/op/op.ts";
import type { OpName, Vocabulary } from "../src/ops/vocabulary.ts";
import type { AnyKernel, Kernel } from "./host/kernel.ts";
import { linear } from "./ops/linear/linear.ts";
import { gather, scatterAdd, scatterRows } from "./ops/rows.ts";
import { gate, route } from "./ops/router.ts";
import { selectThreshold, selectTopK } from "./ops/select/select.ts";
import { loraDown, loraGatedUnit, loraUp } from "./ops/experts/experts.ts";
import { embed } from "./ops/embed.ts";
import { rope, ropeWrite } from "./ops/rope.ts";
import { ropeGrad } from "./ops/rope_grad.ts";
import { norm } from "./ops/norm.ts";
import { normGated, normLinear } from "./ops/norm_linear.ts";
import { attention } from "./ops/attention/attention.ts";
import { keyRanges } from "./ops/attention/key_ranges.ts";
import { attentionGradKv, attentionGradQ, attentionStats } from "./ops/attention_grad/attention_grad.ts";
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
import { dotRows, scaleRows, scatter } from "./ops/rows_grad.ts";
import { add, ratio } from "./ops/add.ts";
import { joinColumns, takeColumns } from "./ops/columns.ts";
import {
  binaryCrossEntropyGrad,
  crossEntropyGrad,
  loadBalanceLossGrad,
  logSumExpGrad,
  meanGrad,
} from "./ops/losses_grad.ts";
import { normGrad, normGradWeight } from "./ops/norm_grad.ts";
import { linearGradW, linearGradX, sumRows } from "./ops/linear_grad/linear_grad.ts";
import {
  dotSlots,
  expertOuter,
  expertTransposed,
  loraGatedUnitGrad,
  sumSlots,
  weightSlots,
} from "./ops/experts_grad/experts_grad.ts";
import { activationGrad, gatedUnitGrad } from "./ops/activation_grad.ts";
import { gateGrad, routeGrad } from "./ops/router_grad.ts";
import { poolGrad } from "./ops/pool_grad.ts";
import { embedGrad } from "./ops/embed_grad.ts";
import { cosineDistance, klDivergence } from "./ops/distillation.ts";
import { cosineDistanceGrad, klDivergenceGrad } from "./ops/distillation_grad.ts";
import { adamW, balanceBias, countChoices, ema, store, sumSquares } from "./ops/optimizer.ts";
import { dropout, jitter } from "./ops/noise.ts";

/** The kernel of an operation. */
type KernelOf<O> = O extends Op<infer I, infer Out, infer P> ? Kernel<I, Out, P> : never;

/** Kernels by operation name: one for every operation of the vocabulary. */
export const kernels: { readonly [Name in OpName]: KernelOf<Vocabulary[Name]> } = {
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
  ropeGrad,
  norm,
  normLinear,
  normGated,
  keyRanges,
  attention,
  attentionStats,
  attentionGradQ,
  attentionGradKv,
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
  scatter,
  scaleRows,
  dotRows,
  add,
  ratio,
  takeColumns,
  joinColumns,
  crossEntropyGrad,
  binaryCrossEntropyGrad,
  logSumExpGrad,
  meanGrad,
  loadBalanceLossGrad,
  normGrad,
  normGradWeight,
  linearGradX,
  linearGradW,
  sumRows,
  expertTransposed,
  expertOuter,
  weightSlots,
  sumSlots,
  dotSlots,
  loraGatedUnitGrad,
  activationGrad,
  gatedUnitGrad,
  gateGrad,
  routeGrad,
  poolGrad,
  embedGrad,
  klDivergence,
  cosineDistance,
  klDivergenceGrad,
  cosineDistanceGrad,
  sumSquares,
  adamW,
  store,
  ema,
  countChoices,
  balanceBias,
  dropout,
  jitter,
};

/** The kernel of an operation. */
export function kernelOf({ name }: Pick<AnyOp, "name">): AnyKernel {
  return kernels[name as OpName];
}
