/**
 * The vocabulary of operations: what each computes, its shapes and its derivative.
 *
 * @module
 */
export { AXES, type Axes, type AxisName } from "./op/axes.ts";
export type { Binding, Sizes, TypedInput } from "./op/binding.ts";
export type { Apply, Definition, Result, Several } from "./op/define.ts";
export * from "./op/device.ts";
export * from "./op/kinds.ts";
export * from "./op/op.ts";
export type { Param, Params, ParamType, ParamTypes } from "./op/params.ts";
export type { Axis, TensorType, Term } from "./op/signature.ts";
export { activation, gatedUnit } from "./ops/activation.ts";
export { add, ratio } from "./ops/add.ts";
export { attention, keyRanges, type KeyRangesParams } from "./ops/attention.ts";
export { cacheWrite } from "./ops/cache.ts";
export { type ColumnRange, joinColumns, takeColumns } from "./ops/columns.ts";
export { cosineDistance, klDivergence, type KlDivergenceParams } from "./ops/distillation.ts";
export { embed } from "./ops/embed.ts";
export { loraDown, loraGatedUnit, type LoraGatedUnitParams, loraUp } from "./ops/experts.ts";
export { fitCapacity, type FitCapacityParams, routeTokens, type RouteTokensParams } from "./ops/route_tokens.ts";
export { linear, type LinearOptions, type LinearParams } from "./ops/linear.ts";
export { binaryCrossEntropy, crossEntropy, loadBalanceLoss, logSumExp, mean } from "./ops/losses.ts";
export { expertMerge, type MergeParams } from "./ops/merge.ts";
export { dropout, jitter, type NoiseCounters, type NoiseParams } from "./ops/noise.ts";
export { norm, type NormParams } from "./ops/norm.ts";
export { normGated, type NormGatedParams, normLinear, type NormLinearParams } from "./ops/norm_linear.ts";
export { adamW, type AdamWParams, balanceBias, countChoices, ema, store, sumSquares } from "./ops/optimizer.ts";
export { pool, type PoolParams } from "./ops/pool.ts";
export { advanceLengths, commitTokens, type CommitTokensParams, commitTop } from "./ops/commit_tokens.ts";
export { type Heads, rope, ropeTable, ropeWrite } from "./ops/rope.ts";
export { inverseFrequencies, type Rope, type RopeScaling } from "./ops/rope_frequencies.ts";
export { gate, type GateParams, route, type Routed, type RouteParams } from "./ops/router.ts";
export { gather, scatterAdd, scatterRows } from "./ops/rows.ts";
export { count, DRAW_SALT, NO_TOKEN, sample, type SamplingOptions, samplingRow } from "./ops/sample.ts";
export { type Selection, selectThreshold, selectTopK } from "./ops/select.ts";
export {
  type KvLayout,
  kvSlots,
  type KvSlotsParams,
  rngCounters,
  rowsBefore,
  schedule,
  type ScheduleParams,
  SLOT,
  STAGE,
} from "./ops/slots.ts";
export { MOST_TOP, topLogProbs, type TopLogProbsParams } from "./ops/top_log_probs.ts";
export { Tape, type TapeOptions } from "./ops/tape.ts";
