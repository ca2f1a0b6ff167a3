/**
 * The error bound of every operation, by name.
 *
 * @module
 */
import type { OpName, Vocabulary } from "../../src/ops/vocabulary.ts";
import type { Op } from "../../src/op/op.ts";
import type { Bound } from "./define.ts";
import { linear } from "./linear.ts";
import { scatterAdd } from "./rows.ts";
import { gate, route } from "./router.ts";
import { loraDown, loraGatedUnit, loraUp } from "./experts.ts";
import { rope, ropeWrite } from "./rope.ts";
import { ropeGrad } from "./rope_grad.ts";
import { norm } from "./norm.ts";
import { normGated, normLinear } from "./norm_linear.ts";
import { attention } from "./attention.ts";
import { attentionGradKv, attentionGradQ, attentionStats } from "./attention_grad.ts";
import { activation, gatedUnit } from "./activation.ts";
import { expertMerge } from "./merge.ts";
import { sample } from "./sample.ts";
import { topLogProbs } from "./top_log_probs.ts";
import { pool } from "./pool.ts";
import { binaryCrossEntropy, crossEntropy, loadBalanceLoss, logSumExp, mean } from "./losses.ts";
import { dotRows, scaleRows } from "./rows_grad.ts";
import { add, ratio } from "./add.ts";
import {
  binaryCrossEntropyGrad,
  crossEntropyGrad,
  loadBalanceLossGrad,
  logSumExpGrad,
  meanGrad,
} from "./losses_grad.ts";
import { normGrad, normGradWeight } from "./norm_grad.ts";
import { linearGradW, linearGradX, sumRows } from "./linear_grad.ts";
import { dotSlots, expertOuter, expertTransposed, sumSlots, weightSlots } from "./experts_grad.ts";
import { loraGatedUnitGrad } from "./lora_gated_unit_grad.ts";
import { activationGrad, gatedUnitGrad } from "./activation_grad.ts";
import { gateGrad, routeGrad } from "./router_grad.ts";
import { poolGrad } from "./pool_grad.ts";
import { embedGrad } from "./embed_grad.ts";
import { cosineDistance, klDivergence } from "./distillation.ts";
import { cosineDistanceGrad, klDivergenceGrad } from "./distillation_grad.ts";
import { adamW, balanceBias, ema, sumSquares } from "./optimizer.ts";
import { dropout, jitter } from "./noise.ts";
import { exact, flushed } from "./exact.ts";

/** One error bound for every operation; a missing one does not compile. */
export type Accuracy = {
  readonly [Name in OpName]: Vocabulary[Name] extends Op<infer I, infer O, infer P> ? Bound<I, O, P> : never;
};

/** Error bounds by operation name. */
export const accuracy: Accuracy = {
  linear,
  gather: exact,
  scatterRows: exact,
  scatterAdd,
  gate,
  route,
  selectTopK: exact,
  selectThreshold: exact,
  loraDown,
  loraGatedUnit,
  loraUp,
  embed: exact,
  rope,
  ropeWrite,
  ropeGrad,
  norm,
  normLinear,
  normGated,
  keyRanges: exact,
  attention,
  attentionStats,
  attentionGradQ,
  attentionGradKv,
  activation,
  gatedUnit,
  cacheWrite: exact,
  expertMerge,
  sample,
  topLogProbs,
  count: exact,
  schedule: exact,
  kvSlots: exact,
  rngCounters: exact,
  routeTokens: flushed,
  fitCapacity: exact,
  commitTokens: flushed,
  commitTop: flushed,
  advanceLengths: exact,
  pool,
  crossEntropy,
  binaryCrossEntropy,
  logSumExp,
  mean,
  loadBalanceLoss,
  scatter: exact,
  scaleRows,
  dotRows,
  add,
  ratio,
  takeColumns: exact,
  joinColumns: exact,
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
  store: flushed,
  ema,
  countChoices: exact,
  balanceBias,
  dropout,
  jitter,
};
