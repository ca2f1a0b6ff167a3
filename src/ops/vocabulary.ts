/**
 * The closed list of operations. A new one is a new row: src/ops, reference, kernels, tests, bench.
 *
 * @module
 */
import type { AnyOp } from "../op/op.ts";
import { activationOp, gatedUnitOp } from "./activation.ts";
import { attentionOp, keyRangesOp } from "./attention.ts";
import { cacheWriteOp } from "./cache.ts";
import { embedOp } from "./embed.ts";
import { loraDownOp, loraGatedUnitOp, loraUpOp } from "./experts.ts";
import { linearOp } from "./linear.ts";
import { binaryCrossEntropyOp, crossEntropyOp, loadBalanceLossOp, logSumExpOp, meanOp } from "./losses.ts";
import { expertMergeOp } from "./merge.ts";
import { normGatedOp, normLinearOp } from "./norm_linear.ts";
import { normOp } from "./norm.ts";
import { poolOp } from "./pool.ts";
import { ropeOp, ropeWriteOp } from "./rope.ts";
import { gateOp, routeOp } from "./router.ts";
import { gatherOp, scatterAddOp, scatterRowsOp } from "./rows.ts";
import { countOp, sampleOp } from "./sample.ts";
import { topLogProbsOp } from "./top_log_probs.ts";
import { kvSlotsOp, rngCountersOp, scheduleOp } from "./slots.ts";
import { fitCapacityOp, routeTokensOp } from "./route_tokens.ts";
import { advanceLengthsOp, commitTokensOp, commitTopOp } from "./commit_tokens.ts";
import { selectThresholdOp, selectTopKOp } from "./select.ts";
import { addOp, ratioOp } from "./add.ts";
import { joinColumnsOp, takeColumnsOp } from "./columns.ts";
import { dotRowsOp, scaleRowsOp, scatterOp } from "./rows_grad.ts";
import { embedGradOp } from "./embed_grad.ts";
import { linearGradWOp, linearGradXOp, sumRowsOp } from "./linear_grad.ts";
import { normGradOp, normGradWeightOp } from "./norm_grad.ts";
import { ropeGradOp } from "./rope_grad.ts";
import { attentionGradKvOp, attentionGradQOp, attentionStatsOp } from "./attention_grad.ts";
import { activationGradOp, gatedUnitGradOp } from "./activation_grad.ts";
import { gateGradOp, routeGradOp } from "./router_grad.ts";
import {
  dotSlotsOp,
  expertOuterOp,
  expertTransposedOp,
  loraGatedUnitGradOp,
  sumSlotsOp,
  weightSlotsOp,
} from "./experts_grad.ts";
import { poolGradOp } from "./pool_grad.ts";
import { cosineDistanceOp, klDivergenceOp } from "./distillation.ts";
import { cosineDistanceGradOp, klDivergenceGradOp } from "./distillation_grad.ts";
import { dropoutOp, jitterOp } from "./noise.ts";
import { adamWOp, balanceBiasOp, countChoicesOp, emaOp, storeOp, sumSquaresOp } from "./optimizer.ts";
import {
  binaryCrossEntropyGradOp,
  crossEntropyGradOp,
  loadBalanceLossGradOp,
  logSumExpGradOp,
  meanGradOp,
} from "./losses_grad.ts";

/** Every operation, in the order a model meets them. */
export const vocabulary = {
  embed: embedOp,
  norm: normOp,
  normLinear: normLinearOp,
  normGated: normGatedOp,
  linear: linearOp,
  rope: ropeOp,
  ropeWrite: ropeWriteOp,
  keyRanges: keyRangesOp,
  cacheWrite: cacheWriteOp,
  attention: attentionOp,
  activation: activationOp,
  gatedUnit: gatedUnitOp,
  gate: gateOp,
  route: routeOp,
  selectTopK: selectTopKOp,
  selectThreshold: selectThresholdOp,
  gather: gatherOp,
  scatterRows: scatterRowsOp,
  scatterAdd: scatterAddOp,
  loraDown: loraDownOp,
  loraGatedUnit: loraGatedUnitOp,
  loraUp: loraUpOp,
  expertMerge: expertMergeOp,
  pool: poolOp,
  crossEntropy: crossEntropyOp,
  binaryCrossEntropy: binaryCrossEntropyOp,
  logSumExp: logSumExpOp,
  mean: meanOp,
  loadBalanceLoss: loadBalanceLossOp,
  sample: sampleOp,
  topLogProbs: topLogProbsOp,
  count: countOp,
  schedule: scheduleOp,
  kvSlots: kvSlotsOp,
  rngCounters: rngCountersOp,
  routeTokens: routeTokensOp,
  fitCapacity: fitCapacityOp,
  commitTokens: commitTokensOp,
  commitTop: commitTopOp,
  advanceLengths: advanceLengthsOp,

  // training
  dropout: dropoutOp,
  jitter: jitterOp,
  klDivergence: klDivergenceOp,
  cosineDistance: cosineDistanceOp,
  sumSquares: sumSquaresOp,
  adamW: adamWOp,
  ema: emaOp,
  countChoices: countChoicesOp,
  balanceBias: balanceBiasOp,
  store: storeOp,

  // row parts of large tensors
  takeColumns: takeColumnsOp,
  joinColumns: joinColumnsOp,

  // derivatives
  add: addOp,
  ratio: ratioOp,
  scatter: scatterOp,
  scaleRows: scaleRowsOp,
  dotRows: dotRowsOp,
  embedGrad: embedGradOp,
  linearGradX: linearGradXOp,
  linearGradW: linearGradWOp,
  sumRows: sumRowsOp,
  normGrad: normGradOp,
  normGradWeight: normGradWeightOp,
  ropeGrad: ropeGradOp,
  attentionStats: attentionStatsOp,
  attentionGradQ: attentionGradQOp,
  attentionGradKv: attentionGradKvOp,
  activationGrad: activationGradOp,
  gatedUnitGrad: gatedUnitGradOp,
  gateGrad: gateGradOp,
  routeGrad: routeGradOp,
  expertTransposed: expertTransposedOp,
  expertOuter: expertOuterOp,
  weightSlots: weightSlotsOp,
  sumSlots: sumSlotsOp,
  dotSlots: dotSlotsOp,
  loraGatedUnitGrad: loraGatedUnitGradOp,
  poolGrad: poolGradOp,
  crossEntropyGrad: crossEntropyGradOp,
  binaryCrossEntropyGrad: binaryCrossEntropyGradOp,
  logSumExpGrad: logSumExpGradOp,
  meanGrad: meanGradOp,
  loadBalanceLossGrad: loadBalanceLossGradOp,
  klDivergenceGrad: klDivergenceGradOp,
  cosineDistanceGrad: cosineDistanceGradOp,
} satisfies Record<string, AnyOp>;

/** Every operation, by name. */
export type Vocabulary = typeof vocabulary;

/** Name of an operation that is a composition of others. */
export type FusedName = {
  [Name in OpName]: Vocabulary[Name] extends { compose: unknown } ? Name : never;
}[OpName];

/** Name of an operation. */
export type OpName = keyof Vocabulary;
