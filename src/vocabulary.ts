/**
 * The closed list of operations. A new one is a new row: src/ops, reference, kernels, tests, bench.
 *
 * @module
 */
import type { AnyOp } from "./op.ts";
import { activationOp, gatedUnitOp } from "./ops/activation.ts";
import { attentionOp, visibilityOp } from "./ops/attention.ts";
import { cacheAppendOp } from "./ops/cache.ts";
import { embedOp } from "./ops/embed.ts";
import { expertExpandOp, expertProjectOp, expertUnitOp } from "./ops/experts.ts";
import { linearOp } from "./ops/linear.ts";
import { balanceOp, binaryCrossEntropyOp, crossEntropyOp, logSumExpOp, meanOp } from "./ops/losses.ts";
import { expertMergeOp } from "./ops/merge.ts";
import { normOp } from "./ops/norm.ts";
import { poolOp } from "./ops/pool.ts";
import { ropeOp } from "./ops/rope.ts";
import { gateOp, routeOp } from "./ops/router.ts";
import { gatherOp, scatterAddOp, scatterRowsOp } from "./ops/rows.ts";
import { pickOp } from "./ops/sample.ts";
import { selectThresholdOp, selectTopKOp } from "./ops/select.ts";

/** Every operation, in the order a model meets them. */
export const vocabulary = {
  embed: embedOp,
  norm: normOp,
  linear: linearOp,
  rope: ropeOp,
  visibility: visibilityOp,
  cacheAppend: cacheAppendOp,
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
} satisfies Record<string, AnyOp>;

/** Name of an operation. */
export type OpName = keyof typeof vocabulary;
