import { spec } from "../../src/op/op.ts";
import type { vocabulary } from "../../src/ops/vocabulary.ts";
import { type Calls, each, offsets, optional, whole } from "./call.ts";

type Vocabulary = typeof vocabulary;

/** Row widths that divide by four, and one that does not. */
const widths = [64, 30] as const;

/** Chosen experts of few, some and many. */
const choices = [[1, 4], [2, 6], [8, 64], [1, 256]] as const;

/** Experts' rank, width in, width out. */
const adapters = [[16, 64, 64], [16, 768, 1152], [5, 30, 30]] as const;

/** Examples of what chooses rows and experts, and of what is done with them. */
export const routing = {
  gate: each({ kind: ["sigmoid", "tanh", "none"] as const, offsets }, ({ kind, offsets }) => ({
    inputs: { scores: spec([9, 1]), offsets },
    params: { kind, alpha: 0.1 },
  })),
  route: each(
    {
      choice: choices,
      kind: ["softmax", "sigmoid"] as const,
      normalize: [true, false],
      biased: [true, false],
      offsets,
    },
    ({ choice: [k, E], kind, normalize, biased, offsets }) => ({
      inputs: { logits: spec([9, E]), bias: biased ? spec([E]) : undefined, offsets },
      params: { k, kind, alpha: 1, normalize },
    }),
  ),
  selectTopK: each({ M: [9, 300, 5000] }, ({ M }) => ({
    inputs: { scores: spec([M, 1]), offsets: whole(4), capacity: whole(3) },
    params: { limit: M },
  })),
  selectThreshold: each({ M: [9, 300, 5000], dtype: ["f32", "i32"] as const }, ({ M, dtype }) => ({
    inputs: { scores: spec([M, 1], dtype), offsets: whole(4) },
    params: { threshold: 0.5 },
  })),
  gather: each({ x: [whole(20), whole(20, 4), spec([20, 64]), spec([20, 30])], offsets }, ({ x, offsets }) => ({
    inputs: { x, rows: whole(9), offsets },
    params: {},
  })),
  scatterRows: each({ D: widths, offsets }, ({ D, offsets }) => ({
    inputs: { x: spec([20, D]), y: spec([9, D]), rows: whole(9), offsets },
    params: {},
  })),
  scatterAdd: each(
    { D: widths, rows: optional(whole(9)), gates: optional(spec([9, 1])), offsets },
    ({ D, rows, gates, offsets }) => ({
      inputs: { x: spec([rows ? 20 : 9, D]), y: spec([9, D]), rows, gates, offsets },
      params: {},
    }),
  ),
  loraDown: each(
    { choice: choices, adapter: adapters, M: [1, 40], shared: [true, false], offsets },
    ({ choice: [k, E], adapter: [R, F], M, shared, offsets }) => ({
      inputs: { x: spec(shared ? [M, F] : [M, k, F]), a: spec([E, R, F]), experts: whole(M, k), offsets },
      params: {},
    }),
  ),
  loraGatedUnit: each(
    { choice: choices, adapter: adapters, M: [1, 40], kind: ["silu", "gelu"] as const, offsets },
    ({ choice: [k, E], adapter: [R, F], M, kind, offsets }) => ({
      inputs: {
        u: spec([M, 2 * F]),
        a: spec([M, k, R]),
        b: spec([E, 2 * F, R]),
        experts: whole(M, k),
        weights: spec([M, k]),
        offsets,
      },
      params: { kind, scale: 2 },
    }),
  ),
  loraUp: each(
    { choice: choices, adapter: adapters, M: [1, 40], offsets },
    ({ choice: [k, E], adapter: [R, , D], M, offsets }) => ({
      inputs: {
        x: spec([M, D]),
        a: spec([M, k, R]),
        b: spec([E, D, R]),
        experts: whole(M, k),
        weights: spec([M, k]),
        offsets,
      },
      params: { scale: 2 },
    }),
  ),
  expertMerge: each({ F: widths, mode: ["delta", "factor"] as const }, ({ F, mode }) => ({
    inputs: { w: spec([30, F]), a: spec([4, 16, F]), b: spec([4, 30, 16]), q: spec([4]) },
    params: { mode, scale: 2 },
  })),
} satisfies { [Name in keyof Vocabulary]?: Calls<Vocabulary[Name]> };
