import { spec } from "../../src/op/op.ts";
import type { vocabulary } from "../../src/ops/vocabulary.ts";
import { type Calls, each, offsets, optional, whole } from "./call.ts";

type Vocabulary = typeof vocabulary;

/** Examples of what an engine does with the tokens of its slots between runs of layers: three recursions, nine slots. */
export const engine = {
  schedule: each({ stage: [1, 2] }, ({ stage }) => ({
    inputs: { slots: whole(9, 13) },
    params: { stage, maxBatch: 5, exitBatch: 3 },
  })),
  kvSlots: each(
    { share: [false, true], at: ["outer", "own", 0, 2] as const, rows: optional(whole(5)) },
    ({ share, at, rows }) => ({
      inputs: { slots: whole(9, 13), rows, offsets: whole(rows ? 2 : 10) },
      params: { layout: { pages: 8, pageRows: 4, recursionRows: [4, 3, 2], share }, at, M: 5 },
    }),
  ),
  rngCounters: [{ inputs: { slots: whole(9, 13), rows: whole(5), offsets: whole(2) }, params: {} }],
  cacheWrite: each({ W: [64, 30], dtype: ["f32", "i32"] as const, offsets }, ({ W, dtype, offsets }) => ({
    inputs: { cache: spec([40, W], dtype), x: spec([9, W], dtype), places: whole(9), offsets },
    params: {},
  })),
  routeTokens: each(
    {
      share: [false, true],
      ran: [false, true],
      scored: [{}, { scores: spec([5, 3]) }, { scores: spec([5, 3]), auxiliary: spec([5, 3]) }, {
        experts: whole(5, 1),
        weights: spec([5, 1]),
      }],
    },
    ({ share, ran, scored }) => ({
      inputs: { slots: whole(9, 13), z: spec([9, 1]), rows: whole(5), offsets: whole(2), clock: whole(1), ...scored },
      params: { layout: { pages: 8, pageRows: 4, recursionRows: [4, 3, 2], share }, ran },
    }),
  ),
  fitCapacity: [{
    inputs: { slots: whole(9, 13), rows: whole(30), offsets: whole(10) },
    params: { layout: { pages: 8, pageRows: 4, recursionRows: [4, 3, 2], share: false }, recursion: 1 },
  }],
  commitTokens: each({ stops: [[], [1, 2]] }, (params) => ({
    inputs: {
      slots: whole(9, 13),
      log: spec([4, 36]),
      clock: whole(1),
      drawn: whole(5),
      logProbs: spec([5, 1]),
      z: spec([9, 1]),
      rows: whole(5),
      offsets: whole(2),
    },
    params,
  })),
  advanceLengths: each(
    { column: [3, 12] },
    (params) => ({ inputs: { slots: whole(9, 13), offsets: whole(10) }, params }),
  ),
} satisfies { [Name in keyof Vocabulary]?: Calls<Vocabulary[Name]> };
