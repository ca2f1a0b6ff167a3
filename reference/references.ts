/**
 * The reference of every operation, by name.
 *
 * @module
 */
import type { FusedName, OpName, Vocabulary } from "../src/ops/vocabulary.ts";
import type { Op } from "../src/op/op.ts";
import type { Reference } from "./reference.ts";
import { linear } from "./linear.ts";
import { gather, scatterAdd, scatterRows } from "./rows.ts";
import { gate, route } from "./router.ts";
import { selectThreshold, selectTopK } from "./select.ts";
import { loraDown, loraGatedUnit, loraUp } from "./experts.ts";
import { embed } from "./embed.ts";
import { rope } from "./rope.ts";
import { ropeGrad } from "./rope_grad.ts";
import { norm } from "./norm.ts";
import { attention, keyRanges } from "./attention.ts";
import { attentionGradKv, attentionGradQ, attentionStats } from "./attention_grad.ts";
import { activation, gatedUnit } from "./activation.ts";
import { cacheWrite } from "./cache.ts";
import { expertMerge } from "./merge.ts";
import { count, sample } from "./sample.ts";
import { kvSlots, rngCounters, schedule } from "./slots.ts";
import { fitCapacity, routeTokens } from "./route_tokens.ts";
import { advanceLengths, commitTokens, commitTop } from "./commit_tokens.ts";
import { topLogProbs } from "./top_log_probs.ts";
import { pool } from "./pool.ts";
import { binaryCrossEntropy, crossEntropy, loadBalanceLoss, logSumExp, mean } from "./losses.ts";
import { dotRows, scaleRows, scatter } from "./rows_grad.ts";
import { add, ratio } from "./add.ts";
import { joinColumns, takeColumns } from "./columns.ts";
import {
  binaryCrossEntropyGrad,
  crossEntropyGrad,
  loadBalanceLossGrad,
  logSumExpGrad,
  meanGrad,
} from "./losses_grad.ts";
import { normGrad, normGradWeight } from "./norm_grad.ts";
import { linearGradW, linearGradX, sumRows } from "./linear_grad.ts";
import { dotSlots, expertOuter, expertTransposed, loraGatedUnitGrad, sumSlots, weightSlots } from "./experts_grad.ts";
import { activationGrad, gatedUnitGrad } from "./activation_grad.ts";
import { gateGrad, routeGrad } from "./router_grad.ts";
import { poolGrad } from "./pool_grad.ts";
import { embedGrad } from "./embed_grad.ts";
import { cosineDistance, klDivergence } from "./distillation.ts";
import { cosineDistanceGrad, klDivergenceGrad } from "./distillation_grad.ts";
import { adamW, balanceBias, countChoices, ema, store, sumSquares } from "./optimizer.ts";
import { dropout, jitter } from "./noise.ts";

/** One reference for every operation; a fused one is defined by its composition. */
export type References = {
  readonly [Name in Exclude<OpName, FusedName>]: Vocabulary[Name] extends Op<infer I, infer O, infer P>
    ? Reference<I, O, P>
    : never;
};

/** References by operation name. */
export const references: References = {
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
  ropeGrad,
  norm,
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
