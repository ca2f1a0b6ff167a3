/**
 * The closed list of operations. A new one is a new row: src/ops, reference, kernels, tests, bench.
 *
 * @module
 */
import type { AnyOp } from "./op.ts";
import { activationOp, gatedUnitOp } from "./ops/activation.ts";
import { attentionOp, visibilityOp } from "./ops/attention.ts";
import { appendPlacesOp, cacheWriteOp } from "./ops/cache.ts";
import { embedOp } from "./ops/embed.ts";
import { expertExpandOp, expertProjectOp, expertUnitOp } from "./ops/experts.ts";
import { linearOp } from "./ops/linear.ts";
import { balanceOp, binaryCrossEntropyOp, crossEntropyOp, logSumExpOp, meanOp } from "./ops/losses.ts";
import { expertMergeOp } from "./ops/merge.ts";
import { normGatedOp, normLinearOp } from "./ops/norm_linear.ts";
import { normOp } from "./ops/norm.ts";
import { poolOp } from "./ops/pool.ts";
import { ropeOp, ropeWriteOp } from "./ops/rope.ts";
import { gateOp, routeOp } from "./ops/router.ts";
import { gatherOp, scatterAddOp, scatterRowsOp } from "./ops/rows.ts";
import { advanceOp, pickOp, sampleOp } from "./ops/sample.ts";
import { drawsOp, placeRowsOp, queueOp } from "./ops/slots.ts";
import { fitOp, judgeOp } from "./ops/judge.ts";
import { growOp, retireOp } from "./ops/retire.ts";
import { countOp, deepenOp, settleOp } from "./ops/state.ts";
import { selectThresholdOp, selectTopKOp } from "./ops/select.ts";
import { addOp, ratioOp } from "./ops/add.ts";
import { joinColumnsOp, takeColumnsOp } from "./ops/columns.ts";
import { dotRowsOp, placeOp, scaleRowsOp } from "./ops/rows_grad.ts";
import { embedGradOp } from "./ops/embed_grad.ts";
import { linearGradWOp, linearGradXOp, sumRowsOp } from "./ops/linear_grad.ts";
import { normGradOp, normGradWeightOp } from "./ops/norm_grad.ts";
import { ropeGradOp } from "./ops/rope_grad.ts";
import { attentionGradKvOp, attentionGradQOp, attentionStatsOp } from "./ops/attention_grad.ts";
import { activationGradOp, gatedUnitGradOp } from "./ops/activation_grad.ts";
import { gateGradOp, routeGradOp } from "./ops/router_grad.ts";
import {
  dotSlotsOp,
  expertOuterOp,
  expertTransposedOp,
  expertUnitGradOp,
  sumSlotsOp,
  weightSlotsOp,
} from "./ops/experts_grad.ts";
import { poolGradOp } from "./ops/pool_grad.ts";
import { cosineDistanceOp, divergenceOp } from "./ops/distillation.ts";
import { cosineDistanceGradOp, divergenceGradOp } from "./ops/distillation_grad.ts";
import { dropoutOp, jitterOp } from "./ops/noise.ts";
import { adamWOp, averageOp, balanceBiasOp, countChoicesOp, storeOp, sumSquaresOp } from "./ops/optimizer.ts";
import {
  balanceGradOp,
  binaryCrossEntropyGradOp,
  crossEntropyGradOp,
  logSumExpGradOp,
  meanGradOp,
} from "./ops/losses_grad.ts";

/** Every operation, in the order a model meets them. */
export const vocabulary = {
  embed: embedOp,
  norm: normOp,
  normLinear: normLinearOp,
  normGated: normGatedOp,
  linear: linearOp,
  rope: ropeOp,
  ropeWrite: ropeWriteOp,
  visibility: visibilityOp,
  appendPlaces: appendPlacesOp,
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
  expertProject: expertProjectOp,
  expertUnit: expertUnitOp,
  expertExpand: expertExpandOp,
  expertMerge: expertMergeOp,
  pool: poolOp,
  crossEntropy: crossEntropyOp,
  binaryCrossEntropy: binaryCrossEntropyOp,
  logSumExp: logSumExpOp,
  mean: meanOp,
  balance: balanceOp,
  pick: pickOp,
  sample: sampleOp,
  advance: advanceOp,
  settle: settleOp,
  deepen: deepenOp,
  count: countOp,
  queue: queueOp,
  placeRows: placeRowsOp,
  draws: drawsOp,
  judge: judgeOp,
  fit: fitOp,
  retire: retireOp,
  grow: growOp,

  // training
  dropout: dropoutOp,
  jitter: jitterOp,
  divergence: divergenceOp,
  cosineDistance: cosineDistanceOp,
  sumSquares: sumSquaresOp,
  adamW: adamWOp,
  average: averageOp,
  countChoices: countChoicesOp,
  balanceBias: balanceBiasOp,
  store: storeOp,

  // row parts of large tensors
  takeColumns: takeColumnsOp,
  joinColumns: joinColumnsOp,

  // derivatives
  add: addOp,
  ratio: ratioOp,
  place: placeOp,
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
  expertUnitGrad: expertUnitGradOp,
  poolGrad: poolGradOp,
  crossEntropyGrad: crossEntropyGradOp,
  binaryCrossEntropyGrad: binaryCrossEntropyGradOp,
  logSumExpGrad: logSumExpGradOp,
  meanGrad: meanGradOp,
  balanceGrad: balanceGradOp,
  divergenceGrad: divergenceGradOp,
  cosineDistanceGrad: cosineDistanceGradOp,
} satisfies Record<string, AnyOp>;

/** Name of an operation. */
export type OpName = keyof typeof vocabulary;
