/**
 * The kernels of operations that only training uses: derivatives, distillation, noise, updates.
 *
 * @module
 */
import type { OpName } from "../src/ops/vocabulary.ts";
import type { InferenceOp, Kernels } from "./inference_kernels.ts";
import { ropeGrad } from "./ops/rope_grad.ts";
import { attentionGradKv, attentionGradQ, attentionStats } from "./ops/attention_grad/attention_grad.ts";
import { dotRows, scaleRows, scatter } from "./ops/rows_grad.ts";
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

/** Kernels by operation name: one for every operation that has none among those of inference. */
export const trainingKernels: Kernels<Exclude<OpName, InferenceOp>> = {
  ropeGrad,
  attentionGradKv,
  attentionGradQ,
  attentionStats,
  dotRows,
  scaleRows,
  scatter,
  binaryCrossEntropyGrad,
  crossEntropyGrad,
  loadBalanceLossGrad,
  logSumExpGrad,
  meanGrad,
  normGrad,
  normGradWeight,
  linearGradW,
  linearGradX,
  sumRows,
  dotSlots,
  expertOuter,
  expertTransposed,
  loraGatedUnitGrad,
  sumSlots,
  weightSlots,
  activationGrad,
  gatedUnitGrad,
  gateGrad,
  routeGrad,
  poolGrad,
  embedGrad,
  cosineDistance,
  klDivergence,
  cosineDistanceGrad,
  klDivergenceGrad,
  adamW,
  balanceBias,
  countChoices,
  ema,
  store,
  sumSquares,
  dropout,
  jitter,
};
