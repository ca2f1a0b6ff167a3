import { spec } from "../../src/op/op.ts";
import type { vocabulary } from "../../src/ops/vocabulary.ts";
import { type Calls, each, offsets, optional, whole } from "./call.ts";

type Vocabulary = typeof vocabulary;

const weights = spec([9, 30]);

/** Examples of updates and of noise. */
export const training = {
  adamW: each({ decay: [0, 0.1], clip: [0, 1] }, ({ decay, clip }) => ({
    inputs: { p: weights, m: weights, v: weights, g: weights, squares: spec([1]), rates: spec([3]) },
    params: { beta1: 0.9, beta2: 0.95, eps: 1e-8, decay, clip },
  })),
  sumSquares: each({ size: [9, 5000, 300_000], carry: optional(spec([1])) }, ({ size, carry }) => ({
    inputs: { x: spec([size, 30]), carry },
    params: {},
  })),
  average: [{ inputs: { average: weights, p: weights, squares: spec([1]) }, params: { decay: 0.999 } }],
  store: [{ inputs: { list: weights, x: spec([5, 6]), at: whole(1) }, params: {} }],
  countChoices: each({ offsets }, ({ offsets }) => ({ inputs: { experts: whole(9, 2), offsets }, params: { E: 4 } })),
  balanceBias: [{ inputs: { bias: spec([4]), counts: spec([4]), squares: spec([1]) }, params: { rate: 1e-3 } }],
  dropout: each({ rate: [0, 0.1], rows: optional(whole(9)) }, ({ rate, rows }) => ({
    inputs: { x: weights, seed: whole(2), rows },
    params: { rate, salt: 3 },
  })),
  jitter: each({ rows: optional(whole(9)) }, ({ rows }) => ({
    inputs: { x: weights, seed: whole(2), rows },
    params: { rate: 0.1, salt: 3 },
  })),
} satisfies { [Name in keyof Vocabulary]?: Calls<Vocabulary[Name]> };
