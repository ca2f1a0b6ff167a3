import { spec } from "../../src/op/op.ts";
import type { vocabulary } from "../../src/ops/vocabulary.ts";
import { type Calls, each, offsets, optional, whole } from "./call.ts";

type Vocabulary = typeof vocabulary;

/** Columns that divide by four, some that do not, and long rows. */
const widths = [8, 30, 8192] as const;

/** Examples of the derivatives of losses. */
export const lossesGrad = {
  crossEntropyGrad: each({ V: widths, offsets }, ({ V, offsets }) => ({
    inputs: { logits: spec([9, V]), labels: whole(9), dnll: spec([9, 1]), offsets },
    params: {},
  })),
  binaryCrossEntropyGrad: each({ offsets }, ({ offsets }) => ({
    inputs: { scores: spec([9, 1]), rows: whole(4), kept: whole(4), dbce: spec([9, 1]), offsets },
    params: {},
  })),
  logSumExpGrad: each({ E: widths, offsets }, ({ E, offsets }) => ({
    inputs: { x: spec([9, E]), y: spec([9, 1]), dy: spec([9, 1]), offsets },
    params: {},
  })),
  meanGrad: each(
    { labels: optional(whole(9)), offsets, total: optional(spec([1])) },
    ({ labels, offsets, total }) => ({ inputs: { dy: spec([1]), labels, offsets, total }, params: { M: 9 } }),
  ),
  balanceGrad: each({ E: widths, offsets }, ({ E, offsets }) => ({
    inputs: { counts: spec([E]), dloss: spec([1]), offsets },
    params: { M: 9, k: 2 },
  })),
} satisfies { [Name in keyof Vocabulary]?: Calls<Vocabulary[Name]> };
