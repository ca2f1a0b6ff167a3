import { spec } from "../../src/op/op.ts";
import type { ActivationKind } from "../../src/ops/activation.ts";
import type { vocabulary } from "../../src/ops/vocabulary.ts";
import { type Calls, each, offsets, optional, whole } from "./call.ts";

type Vocabulary = typeof vocabulary;

/** Numbers of rows from one token to a batch: where kernels change their form. */
const rows = [1, 2, 3, 8, 9, 32, 33, 600] as const;

/** Widths that divide by four, and one that does not. */
const widths = [64, 30, 1024] as const;

const kinds: readonly ActivationKind[] = ["gelu", "silu", "relu", "tanh", "sigmoid", "square"];

/** Examples of what every layer is made of. */
export const blocks = {
  embed: each({ J: widths, offsets }, ({ J, offsets }) => ({
    inputs: { ids: whole(9), table: spec([100, J]), offsets },
    params: {},
  })),
  norm: each({ D: widths, kind: ["rms", "layer"] as const, offsets }, ({ D, kind, offsets }) => ({
    inputs: { x: spec([9, D]), weight: spec([D]), offsets },
    params: { kind, eps: 1e-5 },
  })),
  linear: each(
    { M: rows, size: [[64, 64], [30, 64], [64, 30], [384, 1024]] as const, extra: [false, true], offsets },
    ({ M, size: [D, O], extra, offsets }) => ({
      inputs: {
        x: spec([M, D]),
        w: spec([O, D]),
        bias: extra ? spec([O]) : undefined,
        residual: extra ? spec([M, O]) : undefined,
        offsets,
      },
      params: { from: 0, to: O },
    }),
  ),
  normLinear: each(
    { M: rows, size: [[64, 64], [30, 64], [64, 30], [384, 1024]] as const, offsets },
    ({ M, size: [D, O], offsets }) => ({
      inputs: { x: spec([M, D]), weight: spec([D]), w: spec([O, D]), offsets },
      params: { norm: { kind: "rms", eps: 1e-5 } as const, from: 0, to: O },
    }),
  ),
  normGated: each(
    { M: rows, size: [[64, 64], [30, 64], [64, 30]] as const, unit: ["silu", "gelu"] as const, offsets },
    ({ M, size: [D, F], unit, offsets }) => ({
      inputs: { x: spec([M, D]), weight: spec([D]), w: spec([2 * F, D]), offsets },
      params: { norm: { kind: "rms", eps: 1e-5 } as const, unit },
    }),
  ),
  rope: each({ heads: [[4, 2, 32], [3, 3, 10], [4, 0, 16]] as const, offsets }, ({ heads: [H, G, K], offsets }) => ({
    inputs: { x: spec([9, (H + 2 * G) * K]), positions: whole(9), table: spec([32, K]), offsets },
    params: { H, G, K },
  })),
  keyRanges: each(
    { rows: optional(whole(9)), queryOffsets: optional(whole(4)), causal: [true, false], window: [0, 4] },
    ({ rows, queryOffsets, causal, window }) => ({
      inputs: { offsets: whole(4), rows, queryOffsets },
      params: { M: 9, causal, window },
    }),
  ),
  ropeWrite: each(
    { heads: [[4, 2, 32], [3, 3, 10], [0, 2, 16]] as const, offsets },
    ({ heads: [H, G, K], offsets }) => ({
      inputs: {
        ...{ x: spec([9, (H + 2 * G) * K]), positions: whole(9), table: spec([32, K]), offsets },
        ...{ cache: spec([40, 2 * G * K]), places: whole(9) },
      },
      params: { H, G, K },
    }),
  ),
  attention: each(
    { M: [1, 8, 9, 200], K: [6, 10, 32, 64, 96, 128, 256], offsets },
    ({ M, K, offsets }) => ({
      inputs: { q: spec([M, 4 * K]), kv: spec([300, 2 * 2 * K]), ranges: whole(M, 2), offsets },
      params: { H: 4, G: 2, K },
    }),
  ),
  activation: each({ F: widths, kind: kinds, offsets }, ({ F, kind, offsets }) => ({
    inputs: { x: spec([9, F]), offsets },
    params: { kind },
  })),
  gatedUnit: each({ F: widths, kind: ["silu", "gelu"] as const, offsets }, ({ F, kind, offsets }) => ({
    inputs: { u: spec([9, 2 * F]), offsets },
    params: { kind },
  })),
} satisfies { [Name in keyof Vocabulary]?: Calls<Vocabulary[Name]> };
