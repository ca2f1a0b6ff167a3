/**
 * What signatures do not know: the sizes and parameters at which kernels change their form.
 *
 * @module
 */
import type { OpName } from "../../src/ops/vocabulary.ts";
import { each, type Values } from "./calls.ts";

/** Rows, from one token to a batch. */
const rows = [1, 2, 3, 4, 8, 9, 16, 17, 30, 32, 33, 600];

/** Widths that divide by four, and one that does not. */
const widths = [64, 30, 1024];

/** Alternatives: few, numbers that do not divide by four, rows for a work group, a vocabulary. */
const alternatives = [4, 8, 30, 36, 301, 8192, 50368];

/** Columns and rows of a matrix, whole vectors or not. */
const matrices = [{ D: 64, W: 64, to: 64 }, { D: 30, W: 64, to: 64 }, { D: 64, W: 30, to: 30 }, {
  D: 384,
  W: 1024,
  to: 1024,
}];

/** Heads; rope also splits queries alone, and keys and values alone. */
const heads = [{ H: 4, G: 2, K: 32 }, { H: 3, G: 3, K: 10 }, { H: 4, G: 0, K: 16 }, { H: 0, G: 2, K: 16 }];

/** Chosen experts of few, some and many. */
const choices = [{ k: 1, E: 4 }, { k: 2, E: 6 }, { k: 8, E: 64 }, { k: 1, E: 256 }];

/** Those choices, with experts' matrices that are tall, wide, and of sizes that do not divide by four. */
const experts = each({ M: [1, 40] }, choices).flatMap((choice) =>
  [[16, 64, 64], [16, 768, 1152], [5, 30, 30]].map(([R, D, F]) => ({ ...choice, R, D, F }))
);
const outer = choices.flatMap((choice) => [[768, 16], [16, 768], [30, 5]].map(([O, D]) => ({ ...choice, O, D })));

/** KV caches of three recursions. */
const layout = { pages: 8, pageRows: 4, recursionRows: [4, 3, 2] };

/** Examples of an operation; a new operation without any does not compile. */
export const sizes: { readonly [Name in OpName]: readonly Values[] } = {
  embed: each({ J: widths }),
  norm: each({ D: widths }),
  linear: each({ M: rows }, matrices),
  normLinear: each({ M: rows }, matrices),
  normGated: each({ M: rows }, [{ D: 64, F: 64 }, { D: 30, F: 64 }, { D: 64, F: 30 }]),
  rope: heads,
  ropeWrite: heads,
  keyRanges: each({ window: [0, 4] }),
  attention: each({ M: [1, 8, 9, 200], K: [6, 10, 32, 64, 96, 128, 256], C: [300] }),
  activation: each({ F: widths }),
  gatedUnit: each({ F: widths }),
  gate: [{}],
  route: choices,
  selectTopK: [9, 300, 5000].map((M) => ({ M, limit: M })),
  selectThreshold: each({ M: [9, 300, 5000] }),
  gather: each({ D: [4, 64, 30] }),
  scatterRows: each({ D: widths }),
  scatterAdd: each({ D: widths }),
  loraDown: experts,
  loraGatedUnit: experts,
  loraUp: experts,
  expertMerge: each({ D: widths, O: [30] }),
  pool: each({ D: widths }),
  crossEntropy: each({ V: alternatives }),
  binaryCrossEntropy: [{}],
  logSumExp: each({ E: alternatives }),
  mean: each({ M: [9, 5000] }),
  loadBalanceLoss: each({ E: [4, 30] }),
  dropout: each({ rate: [0, 0.1] }),
  jitter: [{}],
  klDivergence: each({ V: alternatives }),
  cosineDistance: each({ D: alternatives }),
  sumSquares: each({ "...": [[9, 30], [5000, 30], [300_000, 30]] }),
  adamW: each({ decay: [0, 0.1], clip: [0, 1] }),
  ema: [{}],
  countChoices: [{}],
  balanceBias: [{}],
  store: [{ D: 270 }],
  takeColumns: [{ D: 30, from: 1, to: 8 }],
  joinColumns: [{ D: 30, O: 7 }],
  add: [{}],
  ratio: [{}],
  scatter: each({ D: widths }),
  scaleRows: each({ D: widths }),
  dotRows: each({ D: [...widths, 5248] }),
  embedGrad: each({ J: widths }),
  linearGradX: each({ M: rows }, matrices),
  linearGradW: rows.flatMap((O) => matrices.map(({ D, W: M }) => ({ M, D, O, rows: O + 1 }))),
  sumRows: [{ O: 30, rows: 30 }],
  normGrad: each({ D: widths }),
  normGradWeight: each({ D: widths, M: [9, 20_000] }),
  ropeGrad: heads,
  attentionStats: each({ M: [9, 200], K: [6, 10, 32, 64, 128, 132, 256], C: [300] }),
  attentionGradQ: each({ M: [9, 200], K: [6, 10, 32, 64, 128, 132, 256], C: [300] }),
  attentionGradKv: each({ M: [9, 200], K: [6, 10, 32, 64, 128, 132, 256], C: [300] }),
  activationGrad: each({ F: widths }),
  gatedUnitGrad: each({ F: widths }),
  gateGrad: [{}],
  routeGrad: each({ E: [8], alpha: [1, 0] }),
  expertTransposed: each({ M: [1, 40] }, outer),
  expertOuter: each({ M: [1, 40_000] }, outer),
  weightSlots: each({ D: [...widths, 5248] }),
  sumSlots: each({ D: [...widths, 5248] }),
  dotSlots: each({ D: [...widths, 5248] }),
  loraGatedUnitGrad: experts,
  poolGrad: each({ D: widths }),
  crossEntropyGrad: each({ V: alternatives }),
  binaryCrossEntropyGrad: [{}],
  logSumExpGrad: each({ E: alternatives }),
  meanGrad: [{}],
  loadBalanceLossGrad: each({ E: [...widths, 8192] }),
  klDivergenceGrad: each({ V: alternatives }),
  cosineDistanceGrad: each({ D: alternatives }),

  // the engine
  cacheWrite: each({ D: [64, 30] }),
  sample: each({ V: alternatives }),
  topLogProbs: each({ V: alternatives, k: [1, 4] }),
  count: each({ M: [9], B: [9], V: alternatives }),
  schedule: each({ stage: [1, 2], maxBatch: [5], exitBatch: [3] }),
  kvSlots: each({ layout: [layout], at: ["outer", "own", 0, 2], P: [3] }),
  rngCounters: [{}],
  routeTokens: [{ layout }],
  fitCapacity: [{ layout, recursion: 1 }],
  commitTokens: each({ stops: [[], [1, 2]] }),
  commitTop: each({ k: [1, 20], P: [3] }),
  advanceLengths: each({ column: [3, 12] }),
};
