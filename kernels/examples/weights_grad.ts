import { spec } from "../../src/op/op.ts";
import type { vocabulary } from "../../src/ops/vocabulary.ts";
import { type Calls, each, offsets, whole } from "./call.ts";

type Vocabulary = typeof vocabulary;

/** Result rows where kernels change their form, and those that are no whole vectors. */
const rows = [1, 2, 3, 4, 8, 9, 16, 17, 30, 32, 600] as const;

/** Result columns and terms of a sum, whole vectors or not. */
const sizes = [[64, 64], [30, 64], [64, 30], [384, 1024]] as const;

/** Examples of the derivatives of what has weights, and of what joins their row parts. */
export const weightsGrad = {
  ratio: [{ inputs: { a: spec([9, 30]), b: spec([9, 30]) }, params: {} }],
  takeColumns: [{ inputs: { x: spec([9, 30]) }, params: { from: 1, to: 8 } }],
  joinColumns: [{ inputs: { a: spec([9, 30]), b: spec([9, 7]) }, params: {} }],
  add: [{ inputs: { a: spec([9, 30]), b: spec([9, 30]) }, params: { scale: 1 } }],
  linearGradX: each({ rows, size: sizes, offsets }, ({ rows: M, size: [D, O], offsets }) => ({
    inputs: { dy: spec([M, O]), w: spec([O, D]), offsets },
    params: { from: 0, to: O },
  })),
  linearGradW: each({ rows, size: sizes, offsets }, ({ rows: O, size: [D, M], offsets }) => ({
    inputs: { dy: spec([M, O]), x: spec([M, D]), offsets },
    params: { from: 0, rows: O + 1 },
  })),
  sumRows: each({ offsets }, ({ offsets }) => ({
    inputs: { dy: spec([9, 30]), offsets },
    params: { from: 0, rows: 30 },
  })),
  embedGrad: each({ J: [64, 30], offsets }, ({ J, offsets }) => ({
    inputs: { ids: whole(9), dy: spec([9, J]), offsets },
    params: { V: 100 },
  })),
} satisfies { [Name in keyof Vocabulary]?: Calls<Vocabulary[Name]> };
