import { spec } from "../../src/op/op.ts";
import type { vocabulary } from "../../src/ops/vocabulary.ts";
import { type Calls, each, offsets, whole } from "./call.ts";

type Vocabulary = typeof vocabulary;

/** Row widths that divide by four, one that does not, and long rows. */
const widths = [64, 30, 5248] as const;

/** Chosen experts of few, some and many. */
const choices = [[1, 4], [2, 6], [8, 64]] as const;

/** An expert's matrix: tall, wide, and of sizes that do not divide by four. */
const matrices = [[768, 16], [16, 768], [30, 5]] as const;

/** Examples of the derivatives of what chooses rows and experts. */
export const routingGrad = {
  place: each({ D: widths, offsets }, ({ D, offsets }) => ({
    inputs: { y: spec([9, D]), rows: whole(9), offsets },
    params: { M: 20 },
  })),
  scaleRows: each({ D: widths, offsets }, ({ D, offsets }) => ({
    inputs: { x: spec([9, D]), gates: spec([9, 1]), offsets },
    params: {},
  })),
  dotRows: each({ D: widths, offsets }, ({ D, offsets }) => ({
    inputs: { a: spec([9, D]), b: spec([9, D]), offsets },
    params: {},
  })),
  expertTransposed: each(
    { choice: choices, matrix: matrices, M: [1, 40], shared: [true, false], offsets },
    ({ choice: [k, E], matrix: [P, Q], M, shared, offsets }) => ({
      inputs: { x: spec(shared ? [M, P] : [M, k, P]), a: spec([E, P, Q]), experts: whole(M, k), offsets },
      params: { scale: 2 },
    }),
  ),
  expertOuter: each(
    { choice: choices, matrix: matrices, M: [1, 40_000], sharedX: [true, false], sharedY: [true, false], offsets },
    ({ choice: [k, E], matrix: [P, Q], M, sharedX, sharedY, offsets }) => ({
      inputs: {
        x: spec(sharedX ? [M, P] : [M, k, P]),
        y: spec(sharedY ? [M, Q] : [M, k, Q]),
        experts: whole(M, k),
        offsets,
      },
      params: { E, scale: 2 },
    }),
  ),
  weightSlots: each({ F: widths, shared: [true, false], offsets }, ({ F, shared, offsets }) => ({
    inputs: { x: spec(shared ? [9, F] : [9, 2, F]), weights: spec([9, 2]), offsets },
    params: {},
  })),
  sumSlots: each({ F: widths, offsets }, ({ F, offsets }) => ({ inputs: { x: spec([9, 2, F]), offsets }, params: {} })),
  dotSlots: each({ F: widths, shared: [true, false], offsets }, ({ F, shared, offsets }) => ({
    inputs: { a: spec([9, 2, F]), b: spec(shared ? [9, F] : [9, 2, F]), offsets },
    params: {},
  })),
  loraGatedUnitGrad: each(
    { choice: choices, R: [16, 5], M: [1, 40], kind: ["silu", "gelu"] as const, offsets },
    ({ choice: [k, E], R, M, kind, offsets }) => ({
      inputs: {
        u: spec([M, 2 * 64]),
        a: spec([M, k, R]),
        b: spec([E, 2 * 64, R]),
        experts: whole(M, k),
        dz: spec([M, k, 64]),
        offsets,
      },
      params: { kind, scale: 2 },
    }),
  ),
} satisfies { [Name in keyof Vocabulary]?: Calls<Vocabulary[Name]> };
