import { spec } from "../../src/op.ts";
import type { vocabulary } from "../../src/vocabulary.ts";
import { type Calls, each, offsets, whole } from "./call.ts";

type Vocabulary = typeof vocabulary;

/** Examples of what an engine does with the tokens of its slots between runs of layers: three recursions, nine slots. */
export const engine = {
  cacheWrite: each({ W: [64, 30], dtype: ["f32", "i32"] as const, offsets }, ({ W, dtype, offsets }) => ({
    inputs: { cache: spec([40, W], dtype), x: spec([9, W], dtype), places: whole(9), offsets },
    params: {},
  })),
  judge: each(
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
      params: { layout: { pool: 8, unit: 4, units: [4, 3, 2], share }, ran },
    }),
  ),
  retire: each({ stops: [[], [1, 2]] }, (params) => ({
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
  grow: each({ column: [3, 12] }, (params) => ({ inputs: { slots: whole(9, 13), offsets: whole(10) }, params })),
} satisfies { [Name in keyof Vocabulary]?: Calls<Vocabulary[Name]> };
