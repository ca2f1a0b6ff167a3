import { POOLINGS } from "../../src/op/kinds.ts";
import { spec } from "../../src/op/op.ts";
import type { vocabulary } from "../../src/ops/vocabulary.ts";
import { type Calls, each, offsets, optional, whole } from "./call.ts";

type Vocabulary = typeof vocabulary;

/** Alternatives: few, a number that does not divide by four, a vocabulary. */
const alternatives = [4, 30, 50368] as const;

/** Examples of what is done with the last rows: pooling, losses, sampling. */
export const heads = {
  pool: each(
    { D: [64, 30], kind: POOLINGS, normalize: [true, false] },
    ({ D, kind, normalize }) => ({
      inputs: { x: spec([9, D]), offsets: whole(4) },
      params: { kind, normalize },
    }),
  ),
  crossEntropy: each({ V: alternatives, offsets }, ({ V, offsets }) => ({
    inputs: { logits: spec([9, V]), labels: whole(9), offsets },
    params: {},
  })),
  binaryCrossEntropy: each({ offsets }, ({ offsets }) => ({
    inputs: { scores: spec([9, 1]), rows: whole(5), kept: whole(4), offsets },
    params: {},
  })),
  logSumExp: each({ E: alternatives, offsets }, ({ E, offsets }) => ({
    inputs: { x: spec([9, E]), offsets },
    params: {},
  })),
  mean: each(
    { M: [9, 5000], labelled: [true, false], offsets, total: optional(spec([1])) },
    ({ M, labelled, offsets, total }) => ({
      inputs: { x: spec([M, 1]), labels: labelled ? whole(M) : undefined, offsets, total },
      params: {},
    }),
  ),
  balance: each({ E: [4, 30], offsets }, ({ E, offsets }) => ({
    inputs: { probs: spec([9, E]), counts: spec([E]), offsets },
    params: { k: 2 },
  })),
  sample: each({ V: alternatives, seen: [true, false], offsets }, ({ V, seen, offsets }) => ({
    inputs: {
      logits: spec([9, V]),
      options: spec([9, 5]),
      seeds: whole(9),
      counters: whole(9),
      seen: seen ? whole(9, V) : undefined,
      offsets,
    },
    params: {},
  })),
  count: each({ V: alternatives, rows: optional(whole(9)), offsets }, ({ V, rows, offsets }) => ({
    inputs: { seen: whole(9, V), ids: whole(9), rows, offsets },
    params: {},
  })),
} satisfies { [Name in keyof Vocabulary]?: Calls<Vocabulary[Name]> };
